"""A local page that finds things in 3D in the camera's picture, in a clip or in a photograph.

    from firsthand.objects.live import live_app
    from firsthand.web import serve

    serve(live_app())

Needs `pip install "firsthand[web]"`.
"""

from firsthand.web import require_web

require_web()

from firsthand.objects.live.app import live_app  # noqa: E402 # after the check
from firsthand.objects.live.options import LiveOptions  # noqa: E402

__all__ = ["LiveOptions", "live_app"]
