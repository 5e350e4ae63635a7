"""Fetching a model's bytes from its sources into a file; nothing here decides to trust them."""

from firsthand.runtime.fetch.http import HttpPolicy
from firsthand.runtime.fetch.session import FetchSession

__all__ = ["FetchSession", "HttpPolicy"]
