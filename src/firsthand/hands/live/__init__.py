"""A local page that tracks hands in the camera's picture, in a clip or in a photograph.

    from firsthand.hands import published_models
    from firsthand.hands.live import live_app
    from firsthand.web import serve

    serve(live_app(published_models, ("full", "lite")))

Needs `pip install "firsthand[web]"`.
"""

from firsthand.web import require_web

require_web()

from firsthand.hands.live.app import live_app  # noqa: E402 # after the check
from firsthand.hands.live.options import LiveOptions  # noqa: E402
from firsthand.hands.live.tracker import LiveModels, LiveState, Seen, step  # noqa: E402

__all__ = ["LiveModels", "LiveOptions", "LiveState", "Seen", "live_app", "step"]
