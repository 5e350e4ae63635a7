"""The page on which boxes are drawn around a session's objects; needs `firsthand[web]`."""

from firsthand.objects.annotation.app import annotation_app

__all__ = ["annotation_app"]
