"""The conversation about a camera: a picture in, what is in it out, one at a time."""

from dataclasses import asdict
from functools import partial

from fastapi import WebSocket

from firsthand.core.clock import Clock
from firsthand.errors import ConfigError, InputError
from firsthand.web.live.camera_frames import CameraFrame, decode_frame, read_frame
from firsthand.web.live.conversation import Conversation, conversing, only
from firsthand.web.live.system import LiveSystem, Models, Options, Result, State
from firsthand.web.live.worker import Worker


async def watch_camera(
    socket: WebSocket,
    system: LiveSystem[Models, Options, State, Result],
    worker: Worker[Models],
    clock: Clock,
) -> None:
    """Answer every picture in turn, until the page leaves.

    Page: `{"start": options}` (anew, with these options), or bytes as `read_frame` takes.
    Server: `{"started": options}`, or `{"refused": why}` where their models cannot be had and all
    stays as it was; for a picture `{"frame": number, "decode_ms": .., "track_ms":
    .., "result": ..}`, or `{"frame": number, "error": why}` where it cannot be read or the options
    do not go with it, after which the next one is welcome. Any other message ends the connection.
    """
    async with conversing(socket, system, worker) as conversation:
        if conversation is not None:
            await _watch(conversation, clock)


async def _watch(conversation: Conversation[Models, Options, State, Result], clock: Clock) -> None:
    system, worker = conversation.system, conversation.worker
    options, state = system.default, system.begin()
    while True:
        message = await conversation.hear()
        if not isinstance(message, bytes):
            only(message, "start")
            chosen = await conversation.options(message["start"])
            if chosen is not None:
                options, state = chosen, system.begin()
                await conversation.say(started=asdict(options))
            continue
        frame = read_frame(message)
        try:
            state, answer = await worker.do(
                partial(_look, system, frame, state, options, worker, clock)
            )
        except (InputError, ConfigError) as error:
            await conversation.say(frame=frame.number, error=str(error))
        else:
            await conversation.socket.send_text(answer)


def _look(
    system: LiveSystem[Models, Options, State, Result],
    frame: CameraFrame,
    state: State,
    options: Options,
    worker: Worker[Models],
    clock: Clock,
) -> tuple[State, str]:
    began_us = clock.now_us()
    image = decode_frame(frame)
    decode_us = clock.now_us() - began_us
    models = worker.models(options.model)
    began_us = clock.now_us()
    after, result = system.step(state, image, frame.timestamp_us, models, options)
    fields = system.fields(result, clock.now_us() - began_us)
    return after, f'{{"frame":{frame.number},"decode_ms":{decode_us / 1000:.2f},{fields}}}'
