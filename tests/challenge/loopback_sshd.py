"""An sshd of the test's own: a free port, its own host key, one key that may enter."""

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class CannotRunError(Exception):
    """Why no sshd can run here."""


@dataclass(frozen=True)
class Loopback:
    user: str
    port: int
    identity: Path
    options: tuple[str, ...]


@contextmanager
def loopback(folder: Path) -> Iterator[Loopback]:
    sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if sshd is None or not shutil.which("ssh") or not shutil.which("ssh-keygen"):
        raise CannotRunError("OpenSSH's server or client is missing: `make system`, as root")
    if os.geteuid() == 0:
        try:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd insists on it
        except OSError as error:
            raise CannotRunError(f"sshd wants /run/sshd: {error}") from error
    for name in ("host", "identity"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True
        )
    (folder / "authorized").write_bytes((folder / "identity.pub").read_bytes())
    port = _free_port()
    host_key = " ".join((folder / "host.pub").read_text().split()[:2])
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder / 'host'}\n"
        f"AuthorizedKeysFile {folder / 'authorized'}\nPidFile none\nStrictModes no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n"
        "UsePAM no\nLogLevel VERBOSE\nPermitUserEnvironment no\n"
    )
    process = subprocess.Popen(
        [sshd, "-D", "-e", "-f", folder / "config"],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "Server listening" in line:
                break
        else:
            raise CannotRunError(f"sshd ends at once: {''.join(said).strip()}")
        options = (
            f"UserKnownHostsFile={folder / 'known'}",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
        )
        found = Loopback(getpass.getuser(), port, folder / "identity", options)
        _try(found)
        yield found
    finally:
        process.terminate()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def _try(there: Loopback) -> None:
    settings = [part for option in there.options for part in ("-o", option)]
    target = ["-p", str(there.port), "-i", there.identity, f"{there.user}@127.0.0.1", "true"]
    tried = subprocess.run(
        ["ssh", "-o", "BatchMode=yes", *settings, *target],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        raise CannotRunError(f"sshd lets {there.user} not in: {tried.stderr.strip()}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
