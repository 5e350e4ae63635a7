"""The conversation about a camera: a picture in, its hands out, one at a time."""

from dataclasses import asdict
from functools import partial

from fastapi import WebSocket

from firsthand.core.clock import Clock
from firsthand.errors import InputError
from firsthand.hands.live.camera_frames import CameraFrame, decode_frame, read_frame
from firsthand.hands.live.conversation import Conversation, conversing, only
from firsthand.hands.live.options import LiveOptions
from firsthand.hands.live.tracker import LiveState, step
from firsthand.hands.live.worker import Worker


async def watch_camera(
    socket: WebSocket,
    worker: Worker,
    models: tuple[str, ...],
    default: LiveOptions,
    clock: Clock,
) -> None:
    """Answer every picture in turn, until the page leaves.

    Page: `{"start": options}` (anew, with these options), or bytes as `read_frame` takes.
    Server: `{"started": options}`, or `{"error": why}` where their models cannot be had and all
    stays as it was; for a picture `{"frame": number, "decode_ms": .., "track_ms":
    .., "result": ..}`, or `{"frame": number, "error": why}` where it cannot be read, after which
    the next one is welcome. Any other message ends the connection.
    """
    async with conversing(socket, worker, models, default) as conversation:
        if conversation is not None:
            await _watch(conversation, clock)


async def _watch(conversation: Conversation, clock: Clock) -> None:
    worker, options, state = conversation.worker, conversation.default, LiveState()
    while True:
        message = await conversation.hear()
        if not isinstance(message, bytes):
            only(message, "start")
            chosen = await conversation.options(message["start"])
            if chosen is not None:
                options, state = chosen, LiveState()
                await conversation.say(started=asdict(options))
            continue
        frame = read_frame(message)
        try:
            state, answer = await worker.do(partial(_look, frame, state, options, worker, clock))
        except InputError as error:
            await conversation.say(frame=frame.number, error=str(error))
        else:
            await conversation.socket.send_text(answer)


def _look(
    frame: CameraFrame, state: LiveState, options: LiveOptions, worker: Worker, clock: Clock
) -> tuple[LiveState, str]:
    began_us = clock.now_us()
    image = decode_frame(frame)
    decode_us = clock.now_us() - began_us
    models = worker.models(options.model)
    after, seen = step(state, image, frame.timestamp_us, models, options.tracker, clock)
    decode_ms = f"{decode_us / 1000:.2f}"
    return after, f'{{"frame":{frame.number},"decode_ms":{decode_ms},{seen.fields()}}}'
