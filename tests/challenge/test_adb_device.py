"""A phone over adb: recorded output of phones, and a stand-in for adb that replays it."""

import json
import shlex
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.challenge.devices import (
    AndroidPhone,
    PhoneRecord,
    Report,
    device_from,
    from_json,
    measure_on,
    read_report,
    to_json,
)
from firsthand.challenge.devices.phone import Heat, heat_remarks, read_cores, read_heat
from firsthand.errors import ConfigError, InputError, PeerError
from firsthand.measure.records import file_sha256
from firsthand.measure.single_stream import Rules

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
MODELS = HERE.parent / "golden" / "models"
TWO = {"sum": MODELS / "sum_product.tflite", "whole numbers": MODELS / "int8.tflite"}
RULES = Rules(queries=100, seconds=6.0, launches=2)


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.txt").read_text()


# What the program says


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("benchmark_2018", Report(38467, None, 83235, 79760.9, 50, 77385, 88213, 1929)),
        ("benchmark_2019", Report(9933, 127425, 76605.9, 66767.6, 15, 66699, 66838, 39)),
        (
            "benchmark_2020",
            Report(855, 49060, 34825.1, 33209.4, 50, 32641, 34005, 450, memory_mb=12.8672),
        ),
        (
            "benchmark_2024",
            Report(12750, 14744, 13764.3, 13520.2, 74, 13105, 15765, 470, xnnpack=True),
        ),
        (
            "benchmark_2026",
            Report(23744730, 7441040, 7441040, 7430200, 10, 7416400, 7448860, 9920,
                   memory_mb=6391.74),
        ),
    ],
)  # fmt: skip
def test_reports_of_all_years_are_read(name, report):
    found = read_report(golden(name))
    assert {each: pytest.approx(getattr(report, each)) if getattr(report, each) else
            getattr(report, each) for each in Report.__slots__} == {
        each: getattr(found, each) for each in Report.__slots__
    }  # fmt: skip


def test_a_report_is_read_with_windows_line_ends_and_from_logcat():
    plain = read_report(golden("benchmark_2020"))
    assert read_report(golden("benchmark_2020").replace("\n", "\r\n")) == plain
    logged = "\n".join(
        f"07-14 13:14:52.859 22838 22838 I tflite  : {line}"
        for line in golden("benchmark_2020").splitlines()
    )
    assert read_report(logged) == plain


def test_what_later_versions_tell_besides_is_read():
    text = golden("benchmark_2024").replace("std=470", "std=470 p5=13120 median=13390 p95=14500")
    text += "INFO: Memory footprint delta from the start of the tool (MB): init=9.5 overall=20.25\n"
    assert read_report(text).memory_mb == 20.25
    text += "INFO: Overall peak memory footprint (MB) via periodic monitoring: 93.2383\n"
    found = read_report(text)
    assert (found.median_us, found.p95_us, found.memory_mb) == (13390, 14500, 93.2383)


def test_large_times_have_exponents():
    text = (
        "count=50 first=2990275 curr=2913402 min=2727568 max=3189954 avg=2.95034e+06 std=109798\n"
        "Inference timings in us: Init: 17187, First inference: 3512391, "
        "Warmup (avg): 3.51239e+06, Inference (avg): 2.95034e+06\n"
    )
    found = read_report(text)
    assert (found.mean_us, found.warmup_us) == (2950340, 3512390)


def test_a_profile_after_the_report_changes_nothing():
    text = golden("benchmark_2020")
    profiled = text + "Timings (microseconds): count=1 curr=812\nMemory (bytes): count=0\n"
    assert read_report(profiled) == read_report(text)


@pytest.mark.parametrize("name", ["crash", "no_delegate", "other_processor"])
def test_output_without_a_report_is_refused_with_its_last_words(name):
    with pytest.raises(InputError) as refused:
        read_report(golden(name))
    assert golden(name).strip().splitlines()[-1] in str(refused.value)


@given(st.text())
def test_other_text_is_refused(text):
    with pytest.raises(InputError, match="made no report"):
        read_report(text)


# What the phone says of itself

PIXEL_CLOCKS = [1785600] * 4 + [2419200] * 3 + [2841600]


def cores(allowed: list[int] = PIXEL_CLOCKS, governor: str = "schedutil") -> str:
    folder = "/sys/devices/system/cpu/cpu{}/cpufreq/{}:{}\n"
    return "".join(
        folder.format(number, name, value)
        for name, values in (
            ("cpuinfo_max_freq", PIXEL_CLOCKS),
            ("scaling_max_freq", allowed),
            ("scaling_governor", [governor] * 8),
        )
        for number, value in enumerate(values)
    )


def test_the_heat_is_read_as_it_was_recorded():
    heat = read_heat(golden("thermal"), "  level: 60\n  temperature: 299\n")
    assert heat == Heat(0, cpu_c=37.0, skin_c=None, battery_c=29.9, battery_share=60)


def test_what_sensors_have_now_counts_before_what_they_had():
    text = golden("thermal") + (
        "Current temperatures from HAL:\n"
        "\tTemperature{mValue=66.5, mType=0, mName=CPU0, mStatus=0}\n"
        "\tTemperature{mValue=41.0, mType=3, mName=skin, mStatus=0}\n"
    )
    heat = read_heat(text, "")
    assert (heat.cpu_c, heat.skin_c) == (66.5, 41.0)


def test_a_phone_that_tells_no_heat_is_remarked():
    nothing = read_heat("Can't find service: thermalservice", "")
    assert nothing == Heat(None, None, None, None, None)
    assert heat_remarks(nothing, nothing) == ["the phone does not tell whether it throttled"]


def test_heat_and_battery_are_remarked():
    cool = Heat(0, 30.0, 30.0, 28.0, 90)
    assert heat_remarks(cool, cool) == []
    hot = Heat(3, 80.0, 45.0, 42.5, 12, saving=True)
    said = " ".join(heat_remarks(cool, hot))
    assert "throttled after" in said
    assert "severe" in said
    assert "42.5 °C after" in said
    assert "down to 12 %" in said
    assert "saved energy" in said


def test_cores_without_a_clock_are_left_out():
    assert [core.number for core in read_cores(cores())] == list(range(8))
    assert read_cores("grep: /sys/devices: Permission denied\n") == ()


# The whole way, with a stand-in


@pytest.fixture
def phone(tmp_path, monkeypatch):
    """Return a phone whose adb is `fake_adb.py` with a scenario."""
    root = tmp_path / "fake"
    (root / "phone" / "data" / "local" / "tmp").mkdir(parents=True)
    script = tmp_path / "adb"
    script.write_text(
        f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'fake_adb.py'))} "
        '"$@"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("FAKE_ADB", str(root))
    binary = tmp_path / "benchmark_model"
    binary.write_bytes(elf(183))

    def make(launches=None, *, answers=None, options=None, **scenario) -> AndroidPhone:
        scenario = {
            "devices": "8A1X0PXYZ\tdevice",
            "answers": {
                "getprop": "[ro.product.manufacturer]: [Google]\n[ro.product.model]: [Pixel 4]\n"
                "[ro.board.platform]: [msmnile]\n[ro.build.version.release]: [13]\n"
                "[ro.product.cpu.abi]: [arm64-v8a]\n[ro.serialno]: [8A1X0PXYZ]\n",
                "grep -s": cores(),
                "cat /proc/meminfo": "MemTotal:        5765432 kB\nMemFree:  1 kB\n",
                "dumpsys thermalservice": golden("thermal"),
                "dumpsys battery": "  level: 80\n  temperature: 299\n",
                "settings get": "0\n",
                **(answers or {}),
            },
            **scenario,
        }
        (root / "scenario.json").write_text(json.dumps(scenario))
        (root / "launches.json").write_text(
            json.dumps(launches or [[0, golden("benchmark_2020")], [0, golden("benchmark_2024")]])
        )
        return AndroidPhone(**{"adb": str(script), "binary": binary, **(options or {})})

    make.root = root
    return make


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44)


def calls(phone) -> list[str]:
    return (phone.root / "calls.txt").read_text().splitlines()


def left(phone) -> list[str]:
    return [each.name for each in (phone.root / "phone" / "data" / "local" / "tmp").iterdir()]


def test_a_phone_is_measured(phone):
    shares = []
    record = measure_on(phone(), TWO, RULES, progress=shares.append)
    assert isinstance(record, PhoneRecord)
    assert str(record.phone) == "Google Pixel 4 (msmnile), Android 13, arm64-v8a"
    assert (record.phone.memory_gb, record.core) == (5.9, 7)
    assert record.phone.cores[7].governor == "schedutil"
    assert {name: len(each) for name, each in record.reports.items()} == {
        "sum": 2,
        "whole numbers": 2,
    }
    assert dict(record.sha256) == {name: file_sha256(path) for name, path in TWO.items()}
    assert len(record.program_sha256) == 64
    mean = record.mean_us("sum")
    assert mean.low <= mean.value <= mean.high
    assert shares == [0.25, 0.5, 0.75, 1.0]
    assert left(phone) == []
    assert "8A1X0PXYZ" not in to_json(record)


def test_the_program_is_held_to_a_big_core_with_one_thread(phone):
    measure_on(phone(), TWO, RULES)
    (first, *_) = [call for call in calls(phone) if "--graph" in call]
    assert "shell (taskset 80 /data/local/tmp/firsthand-" in first
    for option in ("--num_threads=1", "--num_runs=50", "--min_secs=3", "--use_xnnpack=true"):
        assert f" {option}" in first


def test_another_core_can_be_chosen(phone):
    record = measure_on(phone(options={"cpu": 4}), TWO, RULES)
    assert record.core == 4
    assert any("(taskset 10 /" in call for call in calls(phone))


def test_a_phone_that_hides_its_clocks_is_not_pinned(phone):
    record = measure_on(phone(answers={"grep -s": ""}), TWO, RULES)
    assert record.core is None
    assert any("held to none" in remark for remark in record.remarks)
    assert not any("taskset" in call for call in calls(phone))


def test_throttling_is_remarked(phone):
    hot = golden("thermal").replace("Thermal Status: 0", "Thermal Status: 2")
    slow = cores([1785600] * 4 + [2419200] * 3 + [1804800])
    answers = {"dumpsys thermalservice": hot, "grep -s": slow}
    record = measure_on(phone(answers=answers), TWO, RULES)
    assert record.after.status == 2
    said = " ".join(record.remarks)
    assert "throttled after it was measured (thermal status: moderate)" in said
    assert "core 7 was held to 1804 of its 2841 MHz" in said


def test_what_the_program_left_undone_is_remarked(phone):
    old = "WARNING: unrecognized commandline flag: --max_secs=120\n" + golden("benchmark_2019")
    record = measure_on(phone([[0, old]]), TWO, RULES)
    said = " ".join(record.remarks)
    assert "a launch answered 15 queries of 50" in said
    assert "did not say that it used XNNPACK" in said
    assert "knows no --max_secs=120" in said


def test_a_record_of_a_phone_survives_a_file(phone):
    record = measure_on(phone(), TWO, RULES)
    again = from_json(PhoneRecord, to_json(record))
    assert to_json(again) == to_json(record)
    assert again.mean_us("sum") == record.mean_us("sum")
    assert again.phone == record.phone
    with pytest.raises(InputError, match="no model 'other'"):
        record.mean_us("other")


def test_old_phones_line_ends_are_borne(phone):
    assert measure_on(phone(line_end="\r\n"), TWO, RULES).phone.model == "Google Pixel 4"


@pytest.mark.parametrize(
    ("devices", "serial", "words"),
    [
        ("", None, "no phone is connected"),
        ("A1\tunauthorized", None, "A1 is unauthorized: unlock it and allow USB debugging"),
        ("A1\toffline", None, "A1 is offline: connect it anew"),
        (
            "A1\tno permissions (user in plugdev group; are your udev rules wrong?); see [http://x]",
            None,
            "may not use the USB device",
        ),
        ("A1\tdevice\nB2\tdevice", None, "2 phones are connected: choose one, adb:A1 or adb:B2"),
        ("A1\tdevice\nB2\tdevice", "C3", "no phone C3 is connected; there are: A1, B2"),
        ("A1\trecovery", "A1", "A1 is recovery"),
    ],
)
def test_a_phone_that_is_not_there_is_told_of(phone, devices, serial, words):
    with pytest.raises(PeerError, match=words):
        measure_on(phone(devices=devices, options={"serial": serial}), TWO, RULES)


def test_one_of_several_phones_is_chosen(phone):
    measure_on(phone(devices="A1\tdevice\nB2\tdevice", options={"serial": "B2"}), TWO, RULES)
    assert {call.split()[1] for call in calls(phone) if call.startswith("-s")} == {"B2"}


def test_a_push_that_fails_is_told_of_and_nothing_is_left(phone):
    with pytest.raises(PeerError, match=r"cannot be put on the phone: .*Permission denied"):
        measure_on(phone(push_fails=golden("push_denied")), TWO, RULES)
    assert left(phone) == []


@pytest.mark.parametrize(("machine", "family"), [(62, "x86_64"), (3, "x86"), (8, "machine 8")])
def test_a_program_for_another_processor_is_not_pushed(phone, tmp_path, machine, family):
    other = tmp_path / "other"
    other.write_bytes(elf(machine))
    with pytest.raises(ConfigError, match=f"program for {family}, but the phone is arm64-v8a"):
        measure_on(phone(options={"binary": other}), TWO, RULES)
    assert not any(" push " in call for call in calls(phone))


def test_a_32_bit_program_runs_on_a_64_bit_phone(phone, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(elf(40))
    measure_on(phone(options={"binary": other}), TWO, RULES)


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fELF"])
def test_what_is_no_program_is_refused(phone, tmp_path, data):
    (tmp_path / "other").write_bytes(data)
    with pytest.raises(ConfigError, match="is no program for Android"):
        measure_on(phone(options={"binary": tmp_path / "other"}), TWO, RULES)
    with pytest.raises(ConfigError, match="cannot be read"):
        measure_on(phone(options={"binary": tmp_path / "absent"}), TWO, RULES)


def test_the_phones_own_program_is_used_where_none_is_given(phone):
    device = phone(options={"binary": None})
    with pytest.raises(PeerError, match=r"has no /data/local/tmp/benchmark_model: .*--binary"):
        measure_on(device, TWO, RULES)
    own = phone.root / "phone" / "data" / "local" / "tmp" / "benchmark_model"
    own.write_bytes(elf(183))
    assert measure_on(device, TWO, RULES).program_sha256 == ""
    assert left(phone) == ["benchmark_model"]


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (139, "crash", r"crashed \(SIGSEGV\) while it ran the model:[^$]*Segmentation fault"),
        (1, "no_delegate", "exit code 1:[^$]*Failed to apply XNNPACK delegate"),
        (0, "no_delegate", "made no report[^$]*Benchmarking failed"),
        (126, "other_processor", "is for another processor than the phone's"),
        (0, "crash", "made no report"),
    ],
)
def test_a_program_that_fails_names_the_model(phone, code, text, words):
    first = [[0, golden("benchmark_2020")], [0, golden("benchmark_2020")]]
    with pytest.raises(PeerError, match=f"(sum|whole numbers): .*{words}"):
        measure_on(phone([*first, [code, golden(text)]]), TWO, RULES)
    assert left(phone) == []


def test_a_phone_that_is_lost_is_told_of(phone):
    with pytest.raises(PeerError, match=r"the phone 8A1X0PXYZ was lost: .*not found; see to the"):
        measure_on(phone(lost="taskset"), TWO, RULES)


def test_a_phone_that_takes_its_leave_back_is_told_of(phone):
    gone = phone(lost="taskset", last_words=golden("unauthorised"))
    with pytest.raises(PeerError, match="was lost: Otherwise check for a confirmation dialog"):
        measure_on(gone, TWO, RULES)


def test_a_program_that_hangs_is_ended(phone):
    impatient = replace(RULES, seconds=0.0, timeout_s=0.5)
    with pytest.raises(PeerError, match=r"did not end within 1\.5 s"):
        measure_on(phone(hangs=True), TWO, impatient)
    assert any("pkill -9 -f '/data/local/tmp/firsthand-" in call for call in calls(phone))
    assert left(phone) == []


def test_who_stops_waiting_ends_the_program(phone, monkeypatch):
    device = phone(hangs=True)

    def stop(arguments, **options):
        if any("taskset" in each for each in arguments):
            raise KeyboardInterrupt
        return run(arguments, **options)

    run = subprocess.run
    monkeypatch.setattr("firsthand.challenge.devices.adb.subprocess.run", stop)
    with pytest.raises(KeyboardInterrupt):
        measure_on(device, TWO, RULES)
    assert any("pkill -9 -f" in call for call in calls(phone))
    assert left(phone) == []


def test_adb_that_is_missing_is_told_of(phone):
    with pytest.raises(PeerError, match="install Android's platform tools"):
        measure_on(phone(options={"adb": "/nowhere/adb"}), TWO, RULES)


def test_what_a_phone_cannot_run_is_refused(phone, tmp_path):
    with pytest.raises(InputError, match="no model to measure"):
        measure_on(phone(), {}, RULES)
    with pytest.raises(InputError, match=r"is no \.tflite file"):
        measure_on(phone(), {"a": tmp_path / "a.onnx"}, RULES)


def test_a_phone_is_named():
    assert device_from("adb") == AndroidPhone()
    found = device_from("adb:192.168.1.5:5555", binary=Path("b"), cpu=7)
    assert found == AndroidPhone("192.168.1.5:5555", Path("b"), 7)
    with pytest.raises(ConfigError, match=r"core 99"):
        device_from("adb", cpu=99)
    with pytest.raises(ConfigError, match="is no device"):
        device_from("adb:")
