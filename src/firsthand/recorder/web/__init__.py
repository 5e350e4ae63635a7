"""A local page to record, read, hear, search and see recordings.

    from firsthand.recorder.web import recorder_app
    from firsthand.web import serve

    serve(recorder_app("recordings"))

Needs `pip install "firsthand[recorder,web]"`.
"""

from firsthand.web import require_web

require_web()

from firsthand.recorder.web.app import recorder_app  # noqa: E402 # after the check

__all__ = ["recorder_app"]
