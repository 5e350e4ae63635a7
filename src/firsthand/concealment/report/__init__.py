"""One page about a sound with losses: to be listened to, looked at and compared."""

from firsthand.concealment.report.page import Trial, render_report, write_report

__all__ = ["Trial", "render_report", "write_report"]
