"""A stand-in for `adb` and the phone behind it, which answers as a scenario says.

The scenario is `scenario.json` in the folder that FAKE_ADB names; the phone's files lie in `phone/`
there, and every call is added to `calls.txt`.
"""

import json
import os
import re
import shutil
import signal
import sys
from pathlib import Path

ROOT = Path(os.environ["FAKE_ADB"])
PHONE = ROOT / "phone"
SCENARIO = json.loads((ROOT / "scenario.json").read_text())


def on_phone(path: str) -> Path:
    return PHONE / path.lstrip("/")


def push(source: str, to: str) -> int:
    if "push_fails" in SCENARIO:
        sys.stderr.write(SCENARIO["push_fails"])
        return 1
    shutil.copyfile(source, on_phone(to))
    sys.stdout.write(f"{source}: 1 file pushed, 0 skipped.\n")
    return 0


def benchmark() -> tuple[int, str]:
    launches = json.loads((ROOT / "launches.json").read_text())
    code, text = launches.pop(0)
    (ROOT / "launches.json").write_text(json.dumps(launches or [[code, text]]))
    return code, text


def answer(command: str) -> tuple[int, str]:
    words = command.split()
    for known, text in SCENARIO["answers"].items():
        if command.startswith(known):
            return (0, text) if isinstance(text, str) else (0, text.pop(0))
    if words[0] == "mkdir":
        on_phone(words[1]).mkdir(parents=True)
    elif words[0] == "chmod":
        on_phone(words[2]).chmod(0o755)
    elif words[:2] == ["rm", "-rf"]:
        shutil.rmtree(on_phone(words[2]), ignore_errors=True)
    elif words[:2] == ["test", "-f"]:
        return (0, "yes\n") if on_phone(words[2]).exists() else (1, "")
    elif "benchmark_model" in command and words[0] != "pkill":
        if SCENARIO.get("hangs"):
            sys.stdout.flush()
            signal.pause()
        return benchmark()
    return 0, ""


def main(arguments: list[str]) -> int:
    with (ROOT / "calls.txt").open("a") as calls:
        calls.write(" ".join(arguments) + "\n")
    if arguments == ["devices"]:
        sys.stdout.write("* daemon not running; starting now at tcp:5037\n")
        sys.stdout.write(f"List of devices attached\n{SCENARIO['devices']}\n\n")
        return 0
    assert arguments[0] == "-s"
    if arguments[2] == "push":
        return push(*arguments[3:])
    asked = re.fullmatch(
        r"\((.*)\) 2>&1; code=\$\?; echo; echo firsthand-exit=\$code", arguments[3]
    )
    assert asked, arguments[3]
    if SCENARIO.get("lost") and SCENARIO["lost"] in asked[1]:
        sys.stderr.write(SCENARIO.get("last_words", f"error: device '{arguments[1]}' not found\n"))
        return 1
    code, text = answer(asked[1])
    end = SCENARIO.get("line_end", "\n")
    sys.stdout.write(f"{text}\nfirsthand-exit={code}\n".replace("\n", end))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
