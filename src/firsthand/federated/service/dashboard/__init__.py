"""What those who run rounds see of them, on this computer alone."""

from firsthand.federated.service.dashboard.app import dashboard_app

__all__ = ["dashboard_app"]
