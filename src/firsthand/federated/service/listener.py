"""What devices reach over HTTPS: check-in, plans, messages. It is in public, and trusts nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from firsthand.errors import EnrolmentError, FirsthandError, GoneError, StoreError
from firsthand.federated.aggregator import Phase
from firsthand.federated.messages import ROUND_BYTES
from firsthand.federated.service import wire
from firsthand.federated.service.coordinator import PHASES, Letter, Visit
from firsthand.federated.service.desk import Desk

_RETRY_S: Final = "2"
_DIGITS: Final = 18
"""Of a length that is looked at: Python makes no number of thousands of them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a body may take to come, and how long a device may wait for an answer."""

    body_s: float = 30.0
    wait_s: float = 20.0


def listener(desk: Desk, limits: Limits = Limits()) -> FastAPI:
    """Return the application that devices speak with.

    What is wrong is answered in JSON, `{"detail": why}`: 400 for what is not allowed, 403 for who
    was never enrolled or did not sign, 408 and 413 for bodies too slow or too large, 410 for what
    comes too late, 503 where nothing can be kept at the moment.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with desk.working():
            yield

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_exception_handler(FirsthandError, _told)
    app.add_exception_handler(RequestValidationError, _misunderstood)

    @app.post(wire.CHECK_IN)
    async def check_in(request: Request, region: str) -> Response:
        """Take a device's visit: invite it to a round, or say when to come again."""
        device, certificate = await _signed(request, wire.LARGEST_CHECK_IN, limits)
        found = await desk.welcome(Visit(device, certificate, region))
        round_id = None if found.round_id is None else found.round_id.hex()
        return JSONResponse({"round": round_id, "pause_s": found.pause_s})

    @app.get(wire.ROUNDS + "/{name}/plan")
    async def plan(request: Request, name: str) -> Response:
        """Give the signed plan of a round."""
        at = _round(name)
        _checked_in(request, desk)
        await _signed(request, 0, limits)
        return _octets(desk.coordinator.plan(at))

    @app.post(wire.ROUNDS + "/{name}/{phase}")
    async def take(request: Request, name: str, phase: str) -> Response:
        """Take a device's message; it is kept when this is answered."""
        round_id, at = _round(name), _phase(phase)
        _checked_in(request, desk)
        body = await _body(request, desk.coordinator.largest(round_id), limits)
        device, _ = _verified(request, body)
        await desk.take(Letter(round_id, at, device, body))
        return Response(status_code=204)

    @app.get(wire.ROUNDS + "/{name}/{phase}")
    async def told(
        request: Request, name: str, phase: str, wait_s: float = Query(0.0, ge=0.0)
    ) -> Response:
        """Tell a device what it is to answer in a phase; 204 if that is not known yet."""
        round_id, at = _round(name), _phase(phase)
        _checked_in(request, desk)
        device, _ = await _signed(request, 0, limits)
        found = await desk.told(round_id, at, device, min(wait_s, limits.wait_s))
        return Response(status_code=204) if found is None else _octets(found)

    return app


def _checked_in(request: Request, desk: Desk) -> None:
    """Let nobody send or fetch much who has not checked in; that it is they is verified later."""
    device, _, _ = wire.sender(request.headers)
    if not desk.coordinator.knows(device):
        raise EnrolmentError(f"device {device.hex()} has not checked in")


async def _signed(request: Request, most: int, limits: Limits) -> tuple[bytes, bytes]:
    return _verified(request, await _body(request, most, limits))


def _verified(request: Request, body: bytes) -> tuple[bytes, bytes]:
    """Return who sent a request and its certificate, once its signature is verified."""
    device, certificate, signature = wire.sender(request.headers)
    query = request.url.query
    path = request.url.path + (f"?{query}" if query else "")
    wire.verify_request(device, signature, request.method, path, body)
    return device, certificate


async def _body(request: Request, most: int, limits: Limits) -> bytes:
    """Return a body of no more than so many bytes, which comes in time."""
    stated = request.headers.get("content-length", "0")
    if not stated.isdecimal() or len(stated) > _DIGITS or int(stated) > most:
        raise HTTPException(413, f"{stated[:20]} bytes; {most} are the most that is taken here")
    pieces, size = [], 0
    try:
        async with asyncio.timeout(limits.body_s):
            async for piece in request.stream():
                size += len(piece)
                if size > most:
                    raise HTTPException(413, f"more than the {most} bytes that are taken here")
                pieces.append(piece)
    except TimeoutError as error:
        raise HTTPException(
            408, f"the body did not come within {limits.body_s:g} s", {"connection": "close"}
        ) from error
    return b"".join(pieces)


def _round(name: str) -> bytes:
    try:
        found = bytes.fromhex(name)
    except ValueError:
        found = b""
    if len(found) != ROUND_BYTES or found.hex() != name:
        raise HTTPException(404, f"a round is named by {2 * ROUND_BYTES} hexadecimal digits")
    return found


def _phase(name: str) -> Phase:
    if name not in PHASES:
        raise HTTPException(404, f"a phase is one of {', '.join(PHASES)}")
    return PHASES[name]


def _octets(data: bytes) -> Response:
    return Response(data, media_type="application/octet-stream")


async def _told(_request: Request, error: Exception) -> JSONResponse:
    headers = None
    if isinstance(error, StoreError):
        status, headers = 503, {"retry-after": _RETRY_S}
        error = StoreError("nothing can be kept at the moment; come back in a few seconds")
    elif isinstance(error, EnrolmentError):
        status = 403
    elif isinstance(error, GoneError):
        status = 410
    else:
        status = 400 if isinstance(error, ValueError) else 500
    return JSONResponse({"detail": str(error)}, status, headers)


async def _misunderstood(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    places = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return JSONResponse({"detail": "; ".join(places)[:500]}, 400)
