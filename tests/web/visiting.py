"""Local pages for tests, and somebody who visits them."""

from contextlib import contextmanager

from fastapi import APIRouter, Request, WebSocket
from fastapi.testclient import TestClient
from pydantic import FiniteFloat

from firsthand.errors import InputError, ModelError
from firsthand.web import local_app

TOKEN = "t" * 43
ADDRESS = "http://127.0.0.1:8000"
SOCKETS = "ws://127.0.0.1:8000"
ORIGIN = {"origin": ADDRESS}
JSON = ORIGIN | {"content-type": "application/json"}


@contextmanager
def visitor(local, *, address=ADDRESS, enter=True, **options):
    """A client at the page's own address, past the guard if `enter`."""
    with TestClient(local.asgi, base_url=address, **options) as client:
        if enter:
            assert client.get("/", params={"token": local.access.token}).status_code == 200
        yield client


def small_app(**options):
    """An application whose routes do one thing each."""
    router = APIRouter()

    @router.get("/")
    def home():
        return {"home": True}

    @router.post("/echo")
    async def echo(request: Request):
        return {"bytes": len(await request.body())}

    @router.post("/number")
    async def number(body: dict[str, FiniteFloat]):
        return body

    @router.get("/bad-input")
    def bad_input():
        raise InputError("no number: <script>")

    @router.get("/bad-model")
    def bad_model():
        raise ModelError("no model")

    @router.get("/broken")
    def broken():
        raise RuntimeError("a secret of the inside")

    @router.websocket("/talk")
    async def talk(socket: WebSocket):
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    return local_app("Small", [router], **{"token": TOKEN} | options)
