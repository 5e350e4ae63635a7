"""The ground of every local page: token, origin checks, static files, theme; it knows no system.

    from firsthand.web import local_app, serve, static_router

    serve(local_app("Notes", [static_router("my_package.notes")]))

The page is for the person at this computer: it is served on the loopback interface only, and only
to who holds the token that `serve` prints. Needs `pip install "firsthand[web]"`, which is loaded
when one of the names is first used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy
from firsthand.web.extra import require_web

if TYPE_CHECKING:
    from firsthand.web.app import LocalApp, local_app
    from firsthand.web.messages import read_json
    from firsthand.web.server import running, serve
    from firsthand.web.statics import static_router

_HOMES = {
    "app": ("LocalApp", "local_app"),
    "messages": ("read_json",),
    "server": ("running", "serve"),
    "statics": ("static_router",),
}

__all__ = ["LocalApp", "local_app", "read_json", "require_web", "running", "serve", "static_router"]

__getattr__, __dir__ = lazy(__name__, _HOMES, __all__, require=require_web)
