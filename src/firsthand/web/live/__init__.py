"""A local page on which a system looks at the camera's picture, a clip or a photograph.

A system says what it is with a `LiveSystem`; `live_page` makes the application of it. Needs
`pip install "firsthand[web]"`.
"""

from firsthand.web.extra import require_web

require_web()

from firsthand.web.live.app import MOST_CONNECTIONS, live_page  # noqa: E402 # after the check
from firsthand.web.live.options import with_given  # noqa: E402
from firsthand.web.live.system import LiveSystem, PageOptions  # noqa: E402

__all__ = ["MOST_CONNECTIONS", "LiveSystem", "PageOptions", "live_page", "with_given"]
