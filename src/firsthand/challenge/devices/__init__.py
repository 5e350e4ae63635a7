"""Models measured on this machine, on a board over ssh, on an Android phone over adb."""

from firsthand.challenge.devices.adb import AndroidPhone, PhoneRecord
from firsthand.challenge.devices.benchmark_report import Report, read_report
from firsthand.challenge.devices.phone import Core, Heat, Phone
from firsthand.challenge.devices.places import Device, ThisMachine, device_from, measure_on
from firsthand.challenge.devices.ssh import Board
from firsthand.measure.records import Record, from_json, opened, signed, to_json

__all__ = [
    "AndroidPhone",
    "Board",
    "Core",
    "Device",
    "Heat",
    "Phone",
    "PhoneRecord",
    "Record",
    "Report",
    "ThisMachine",
    "device_from",
    "from_json",
    "measure_on",
    "opened",
    "read_report",
    "signed",
    "to_json",
]
