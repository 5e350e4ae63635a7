"""`firsthand concealment live`: short calls, in real time."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from typer import BadParameter
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.concealment.traces import write_trace
from firsthand.errors import ConfigError, InputError, MediaError, MissingDependencyError
from firsthand.media import read_audio, write_audio

RATE_HZ = 16_000
COMMAND = [sys.executable, "-m", "firsthand.cli", "concealment", "live"]
LIMIT_S = 120


def run(*arguments: object, code: int = 0):
    done = CliRunner().invoke(app, ["concealment", "live", *map(str, arguments)])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def refused(*arguments: object) -> str:
    done = CliRunner().invoke(
        app, ["concealment", "live", *map(str, arguments)], standalone_mode=False
    )
    errors = ConfigError | InputError | MediaError | BadParameter
    assert isinstance(done.exception, errors), (done.output, done.exception)
    return str(done.exception)


@pytest.fixture
def clean(tmp_path):
    times = np.arange(int(1.2 * RATE_HZ)) / RATE_HZ
    pulses = sum(np.cos(2 * np.pi * 120 * n * times) / n for n in range(1, 16))
    write_audio(tmp_path / "clean.wav", 0.1 * pulses.astype(np.float32), RATE_HZ)
    return tmp_path / "clean.wav"


@pytest.mark.parametrize("concealer", ["firsthand", "lpc", "repetition", "zero"])
def test_a_call_is_heard_written_and_summed_up(clean, tmp_path, concealer):
    out, trace = tmp_path / "heard.wav", tmp_path / "trace.txt"
    write_trace(trace, np.arange(60) % 20 >= 18)
    done = run(clean, "--trace", trace, "--concealer", concealer, "--output", out, "--jitter-ms", 2)
    lost, made = done.stdout.splitlines()
    assert "6 of 60 packets lost (10.0%): as trace.txt has it" in lost
    assert f"of it made up by {concealer}: packetsLost " in made
    assert "concealedSamples" in made
    assert done.stderr == f"wrote {out}\n"  # quiet where nobody looks
    heard, rate_hz = read_audio(out)
    assert rate_hz == 48_000
    assert 1.1 < len(heard) / rate_hz < 20
    assert np.abs(heard).max() > 0.1


def test_counts_are_printed_as_json_by_the_names_of_getstats(clean, tmp_path):
    out = tmp_path / "heard.flac"
    options = ["--loss", 0.1, "--burst-ms", 40, "--seed", 3, "--seconds", 2, "--output", out]
    done = run(clean, *options, "--concealer", "lpc", "--json")
    found = json.loads(done.stdout)
    assert done.stderr == f"wrote {out}\n"
    assert found["file"] == str(clean)
    assert (found["concealer"], found["seed"]) == ("lpc", 3)
    assert found["how"] == "bursts of 40 ms at random places, seed 3"
    assert (found["packets"], found["lost"]) == (100, 10)
    now = found["statistics"]
    assert now["packetsReceived"] == 90
    assert now["concealedSamples"] > 0.7 * 10 * 960
    assert now["concealmentEvents"] >= 1
    assert found["seconds"] == pytest.approx(len(read_audio(out)[0]) / 48_000)


def test_the_bundled_utterance_is_said_where_none_is_named():
    done = run("--seconds", 0.5, "--loss", 0)
    assert "0 of 25 packets lost (0.0%)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("gone.wav",), "gone.wav"),
        (("{}", "--output", "{}"), "what is read here"),
        (("{}", "--output", "heard.mp3"), "NAME.wav or NAME.flac"),
        (("{}", "--output", "gone/heard.wav"), "there is no folder gone"),
        (("{}", "--concealer", "parrot"), "no concealer 'parrot'"),
        (("{}", "--burst-ms", "50"), "whole packets of 20 ms"),
        (("{}", "--trace", "t.txt", "--loss", "0.2"), "leave out --loss"),
        (("{}", "--trace", "gone.txt"), "gone.txt"),
        (("{}", "--loss", "0.9", "--burst-ms", "2000"), "bursts of"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_said(clean, arguments, told):
    assert told in refused(*(each.format(clean) for each in arguments))


def test_options_out_of_range_are_a_wrong_use(clean):
    for option, value in (("--loss", 2), ("--seconds", 0), ("--seconds", 1e9), ("--jitter-ms", -1)):
        run(clean, option, value, code=2)


def test_without_aiortc_or_portaudio_it_is_said_what_to_install(clean, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    done = CliRunner().invoke(app, ["concealment", "live", str(clean), "--play"])
    assert isinstance(done.exception, MissingDependencyError)
    assert "pip install sounddevice" in str(done.exception)
    code = (
        "import sys; sys.modules['aiortc'] = None; sys.argv[1:] = ['concealment', 'live']\n"
        "from firsthand.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("firsthand: calls need aiortc: pip install 'firsthand[call]'")


class Loudspeaker:
    """Stands where sounddevice is; asks for sound at once, and more than there is."""

    PortAudioError = RuntimeError
    played: list

    def __init__(self, **options):
        assert (options["samplerate"], options["blocksize"], options["channels"]) == (
            48_000,
            960,
            1,
        )
        self._callback = options["callback"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for _ in range(200):
            block = np.full((960, 1), np.nan, np.float32)
            self._callback(block, 960, None, None)
            Loudspeaker.played.append(block[:, 0])


def test_it_can_be_played_as_it_is_heard(clean, tmp_path, monkeypatch):
    Loudspeaker.played = []
    module = type(sys)("sounddevice")
    module.OutputStream, module.PortAudioError = Loudspeaker, RuntimeError
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    out = tmp_path / "heard.wav"
    run(clean, "--play", "--seconds", 0.6, "--output", out)
    heard, played = read_audio(out)[0], np.concatenate(Loudspeaker.played)
    assert not played[:2_880].any()
    np.testing.assert_allclose(played[2_880 : 2_880 + len(heard)], heard, atol=1e-4)
    assert not played[2_880 + len(heard) :].any()


def test_ctrl_c_hangs_up_and_a_terminal_sees_each_second(clean, tmp_path):
    out = tmp_path / "heard.wav"
    terminal, end = pty.openpty()
    options = [str(clean), "--seconds", "600", "--output", str(out)]
    # What runs in the background may be deaf to SIGINT, and what it begins too.
    hearing = ["env", "--default-signal=INT", *COMMAND, *options]
    with subprocess.Popen(hearing, stdout=subprocess.PIPE, stderr=end) as process:
        try:
            os.close(end)
            shown, late_s = b"", time.monotonic() + LIMIT_S
            while b"2 s: " not in shown and time.monotonic() < late_s:
                shown += os.read(terminal, 1000)
            process.send_signal(signal.SIGINT)
            told, _ = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
            os.close(terminal)
    assert process.returncode == 0
    assert b"1 s: packetsLost " in shown
    assert b"concealedSamples " in shown
    lines = told.decode().splitlines()
    assert lines[0].startswith("heard ")
    assert len(lines) == 2
    assert len(read_audio(out)[0]) >= 2 * 48_000
