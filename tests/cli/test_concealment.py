"""`firsthand concealment fill` and `simulate`, with whatever may be given."""

import json
import struct
import sys

import numpy as np
import pytest
from typer import BadParameter
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.concealment.losses import bursts, stretches
from firsthand.concealment.traces import write_trace
from firsthand.errors import ConfigError, InputError, MediaError
from firsthand.media import read_audio, write_audio

RATE_HZ = 16_000


def run(*arguments: object, code: int = 0):
    done = CliRunner().invoke(app, ["concealment", *map(str, arguments)])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def refused(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["concealment", *map(str, arguments)], standalone_mode=False)
    errors = ConfigError | InputError | MediaError | BadParameter
    assert isinstance(done.exception, errors), (done.output, done.exception)
    return str(done.exception)


def voice(seconds: float, rate_hz: int = RATE_HZ, channels: int = 1) -> np.ndarray:
    """Pulses that rise and fall, a little noise beneath them; another pitch in each channel."""
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    rng = np.random.default_rng(0)
    columns = []
    for channel in range(channels):
        phases = 2 * np.pi * (120 + 60 * channel) * times
        pulses = sum(np.cos(n * phases) / n for n in range(1, 16))
        loud = 0.08 * (1.1 + np.sin(2 * np.pi * 3 * times))
        columns.append(loud * pulses + 1e-3 * rng.normal(size=len(times)))
    return np.stack(columns, axis=1).squeeze().astype(np.float32)


def write_floats(path, samples: np.ndarray, rate_hz: int) -> None:
    data = samples.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, rate_hz, 4 * rate_hz, 4, 32)
    parts = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data))
    path.write_bytes(b"RIFF" + struct.pack("<I", len(parts) + len(data)) + parts + data)


@pytest.fixture
def lossy(tmp_path):
    """A sound of 1.5 s with losses, and their trace."""
    lost = bursts(75, 1, share=0.15, burst=3)
    samples = voice(1.5)
    samples[np.repeat(lost, 320)] = 0
    write_audio(tmp_path / "lossy.wav", samples, RATE_HZ)
    write_trace(tmp_path / "mask.txt", lost)
    return tmp_path / "lossy.wav", tmp_path / "mask.txt", lost


@pytest.fixture
def clean(tmp_path):
    write_audio(tmp_path / "clean.wav", voice(1.5), RATE_HZ)
    return tmp_path / "clean.wav"


def test_lost_packets_are_filled_and_others_stay(lossy, tmp_path):
    path, mask, lost = lossy
    out = tmp_path / "out.wav"
    done = run("fill", path, "--mask", mask, "-o", out, "--concealer", "lpc")
    assert (done.stdout, done.stderr) == (
        "",
        f"wrote {out}: {lost.sum()} of 75 packets filled by lpc\n",
    )
    before, after = read_audio(path)[0], read_audio(out)[0]
    assert len(after) == len(before)
    gone = np.repeat(lost, 320)
    joined = np.repeat(np.diff(lost, prepend=False) & ~lost, 320)  # 10 ms of which are cross-faded
    np.testing.assert_array_equal(after[~gone & ~joined], before[~gone & ~joined])
    for start, end in stretches(lost):
        assert np.abs(after[start * 320 : end * 320]).max() > 0.02


@pytest.mark.parametrize(
    ("rate_hz", "given_hz", "channels"),
    [(44_100, 44_100, 2), (8_000, 8_000, 1), (96_000, 48_000, 1), (7_000, 8_000, 2),
     (11_025, 16_000, 1), (22_050, 24_000, 1)],
)  # fmt: skip
def test_rates_and_channels_are_kept_where_concealers_know_them(
    tmp_path, rate_hz, given_hz, channels
):
    path, mask, out = tmp_path / "a.wav", tmp_path / "m.txt", tmp_path / "out.flac"
    write_audio(path, voice(0.4, rate_hz, channels), rate_hz)
    write_trace(mask, np.arange(20) // 3 == 3)
    done = run("fill", path, "--mask", mask, "-o", out, "--concealer", "repetition")
    samples, found_hz = read_audio(out, mono=False)
    assert found_hz == given_hz
    assert (samples.ndim, len(samples) / found_hz) == (channels, pytest.approx(0.4, abs=0.005))
    told = f"{rate_hz} Hz becomes {given_hz} Hz" in done.stderr
    assert told == (rate_hz != given_hz)
    assert np.abs(samples[int(0.19 * found_hz) : int(0.23 * found_hz)]).max() > 0.01


@pytest.mark.parametrize(("packets", "told"), [(500, "left out"), (3, "was received"), (75, "")])
def test_a_mask_of_another_length_is_told_of(lossy, tmp_path, packets, told):
    mask, out = tmp_path / "other.txt", tmp_path / "out.wav"
    write_trace(mask, np.ones(packets, bool))
    done = run("fill", lossy[0], "--mask", mask, "-o", out, "--concealer", "zero")
    assert told in done.stderr
    assert bool(told) == (f"tells of {packets} packets, the sound has 75" in done.stderr)
    assert f"{min(packets, 75)} of 75 packets filled" in done.stderr
    assert not read_audio(out)[0][: min(packets, 75) * 320].any()


def test_samples_that_are_no_numbers_are_filled(tmp_path):
    path, mask, out = tmp_path / "a.wav", tmp_path / "m.txt", tmp_path / "out.wav"
    samples = voice(0.6)
    samples[5_000:5_200] = np.nan
    samples[7_000] = np.inf
    samples[8_000] = 1e30
    write_floats(path, samples, RATE_HZ)
    write_trace(mask, np.zeros(30, bool))
    done = run("fill", path, "--mask", mask, "-o", out, "--concealer", "lpc")
    assert "201 samples are no numbers" in done.stderr
    found = read_audio(out)[0]
    assert np.abs(found[5_000:5_200]).max() > 0.005
    assert np.abs(found[8_000]) > 0.99  # clipped
    assert "no numbers: it is not clean" in refused("simulate", path)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("{}/gone.wav", "--mask", "{}/mask.txt", "-o", "{}/o.wav"), "gone.wav"),
        (("{}/lossy.wav", "--mask", "{}/gone.txt", "-o", "{}/o.wav"), "gone.txt: cannot be read"),
        (("{}/lossy.wav", "--mask", "{}/lossy.wav", "-o", "{}/o.wav"), "line 1: 'RIFF"),
        (("{}/mask.txt", "--mask", "{}/mask.txt", "-o", "{}/o.wav"), "mask.txt"),
        (("{}/empty", "--mask", "{}/mask.txt", "-o", "{}/o.wav"), "empty"),
        (("{}/lossy.wav", "--mask", "{}/empty", "-o", "{}/o.wav"), "tells of no packet"),
        (("{}/lossy.wav", "--mask", "{}/mask.txt", "-o", "{}/lossy.wav"), "what is read here"),
        (("{}/lossy.wav", "--mask", "{}/mask.txt", "-o", "{}/mask.txt"), "what is read here"),
        (("{}/lossy.wav", "--mask", "{}/mask.txt", "-o", "{}/o.mp3"), "NAME.wav or NAME.flac"),
        (("{}/lossy.wav", "--mask", "{}/mask.txt", "-o", "{}/x/o.wav"), "cannot be written"),
        (("{}/lossy.wav", "--mask", "{}/mask.txt", "-o", "{}/o.wav", "--packet-ms", "15"),
         "a multiple of 10 ms long, not 15"),
        (("{}/lossy.wav", "--mask", "{}/mask.txt", "-o", "{}/o.wav", "--concealer", "nobody"),
         "no concealer 'nobody'"),
    ],
)  # fmt: skip
def test_what_cannot_be_filled_is_told(lossy, tmp_path, arguments, told):
    (tmp_path / "empty").write_bytes(b"")
    message = refused("fill", *(each.replace("{}", str(tmp_path)) for each in arguments))
    assert told in message
    assert "\n" not in message
    assert not (tmp_path / "o.wav").exists()


def test_options_out_of_range_are_a_wrong_use(clean, tmp_path):
    run("simulate", clean, "--loss", "1.5", code=2)
    run("simulate", clean, "--loss", "nan", code=2)
    run("simulate", clean, "--burst-ms", "0", code=2)
    run("simulate", clean, "--seed", "-1", code=2)
    run("fill", clean, "--mask", clean, "-o", tmp_path / "o.wav", "--packet-ms", "5000", code=2)


def test_a_simulation_prints_metrics_of_each_concealer(clean):
    done = run("simulate", clean, "--concealer", "lpc, zero,lpc")
    assert "9 of 75 packets lost (12.0%), 3 times: bursts of 60 ms at random" in done.stdout
    rows = [line.split("│")[1].strip() for line in done.stdout.splitlines() if "│" in line]
    assert rows == ["clean", "lossy", "lpc", "zero"]
    for title in ("PLCMOS", "PESQ-WB", "ESTOI", "Distance, dB"):
        assert title in done.stdout


def test_json_is_the_same_for_the_same_seed(clean):
    asked = ("simulate", clean, "--json", "--concealer", "lpc,zero", "--loss", "0.2")
    first, again, other = run(*asked), run(*asked), run(*asked, "--seed", 5**40)
    assert first.stdout == again.stdout != other.stdout
    found = json.loads(first.stdout)
    assert (found["packets"], found["lost"], found["stretches"]) == (75, 15, 5)
    assert found["seconds"] == 1.5
    assert list(found["measured"]) == ["clean", "lossy", "lpc", "zero"]
    lpc, zero = (found["measured"][name] for name in ("lpc", "zero"))
    assert lpc["pesq_wb"] > zero["pesq_wb"]
    assert lpc["distance_db"] < zero["distance_db"]


def test_nothing_lost_changes_nothing(clean):
    found = json.loads(run("simulate", clean, "--loss", 0, "--concealer", "lpc", "--json").stdout)
    assert found["lost"] == 0
    assert found["measured"]["lpc"] == found["measured"]["clean"]
    assert found["measured"]["lpc"]["distance_db"] is None
    assert "0 of 75 packets lost\n" in run("simulate", clean, "--loss", 0).stdout


def test_a_trace_is_repeated_and_may_lose_all(clean, tmp_path):
    trace = tmp_path / "t.txt"
    trace.write_text("0\n" * 8 + "1\n" * 2)
    asked = ("simulate", clean, "--trace", trace, "--concealer", "zero")
    assert "14 of 75 packets lost (18.7%), 7 times: as t.txt has it" in run(*asked).stdout
    trace.write_text("1\n")
    found = json.loads(run(*asked, "--json").stdout)
    assert found["lost"] == 75
    assert found["measured"]["zero"]["pesq_wb"] is None


@pytest.fixture
def no_metrics(monkeypatch):
    for module in ("speechmos.plcmos", "pesq", "pystoi"):
        monkeypatch.setitem(sys.modules, module, None)


def test_packages_that_are_missing_are_named(clean, no_metrics):
    done = run("simulate", clean, "--concealer", "zero")
    assert "pip install 'firsthand[concealment]'" in done.stderr
    assert "not measured: PLCMOS, PESQ-WB, ESTOI" in done.stderr
    assert "PLCMOS" not in done.stdout
    assert "Distance, dB" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("{}/gone.wav",), "gone.wav"),
        (("{}/empty",), "empty"),
        (("{}/clean.wav", "--loss", "1"), "bursts of 3 lose 64% at most, not 100%"),
        (("{}/clean.wav", "--burst-ms", "70"), "whole packets of 20 ms: 60 or 80 ms, not 70"),
        (("{}/clean.wav", "--concealer", "nobody,lpc"), "no concealer nobody: there are"),
        (("{}/clean.wav", "--concealer", " , "), "no concealer ' , '"),
        (("{}/clean.wav", "--trace", "{}/clean.wav"), "line 1: 'RIFF"),
        (("{}/clean.wav", "--trace", "{}/gone.txt"), "cannot be read"),
        (("{}/clean.wav", "--trace", "{}/clean.wav", "--loss", "0.1"), "leave out --loss"),
        (("{}/clean.wav", "--report", "{}/clean.wav"), "what is read here"),
        (("{}/clean.wav", "--report", "{}/x/r.html", "--concealer", "zero"), "cannot be written"),
    ],
)
def test_what_cannot_be_simulated_is_told(clean, tmp_path, arguments, told):
    (tmp_path / "empty").write_bytes(b"")
    message = refused("simulate", *(each.replace("{}", str(tmp_path)) for each in arguments))
    assert told in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("seconds", "rate_hz", "channels"),
    [(0.01, 16_000, 1), (0.3, 7_000, 1), (0.3, 96_000, 2), (0.02, 8_000, 2)],
)
def test_any_sound_is_simulated_and_reported(tmp_path, seconds, rate_hz, channels):
    path, report = tmp_path / "a.wav", tmp_path / "r.html"
    write_audio(path, voice(seconds, rate_hz, channels), rate_hz)
    done = run("simulate", path, "--concealer", "lpc,zero", "--report", report)
    assert f"wrote {report}" in done.stderr
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_of_a_long_sound_the_beginning_is_taken(tmp_path, no_metrics):
    path = tmp_path / "long.wav"
    write_audio(path, np.zeros(31 * 8_000, np.float32), 8_000)
    done = run("simulate", path, "--concealer", "zero", "--loss", "0.01", "--json")
    assert "its first 30 s are taken" in done.stderr
    assert json.loads(done.stdout)["seconds"] == 30


@pytest.mark.slow
def test_without_a_sound_an_utterance_of_the_examples_is_taken(tmp_path):
    report = tmp_path / "report.html"
    done = run("simulate", "--report", report)
    assert "39 of 385 packets lost (10.1%), 13 times" in done.stdout
    page = report.read_text(encoding="utf-8")
    assert "two_readers.ogg" in page
    assert "CC BY 4.0" in page
