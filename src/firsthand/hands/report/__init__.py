"""The page that tells what was found: one HTML file that asks for nothing from outside."""

from firsthand.hands.report.page import (
    MAX_EMBEDDED_BYTES,
    Making,
    ReportClip,
    ReportStill,
    render_report,
)
from firsthand.hands.report.views import plain

__all__ = [
    "MAX_EMBEDDED_BYTES",
    "Making",
    "ReportClip",
    "ReportStill",
    "plain",
    "render_report",
]
