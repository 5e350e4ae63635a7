"""The leaderboard's page; needs `pip install "firsthand[web]"`."""

from firsthand.challenge.web.app import leaderboard_app

__all__ = ["leaderboard_app"]
