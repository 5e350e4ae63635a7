"""Devices of `federated_service`, many in one process, each with a number that a sum tells apart.

Says in JSON, a line each, which of them had a vector taken in which round; until it is ended.
"""

import json
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from firsthand.errors import FirsthandError
from firsthand.federated import Rules
from firsthand.federated.service.agent import Agent
from firsthand.federated.service.home import Home

SAY = threading.Lock()


def say(**what) -> None:
    with SAY:
        print(json.dumps(what), flush=True)


def be(number: int, homes: Path, server: str, least: int, dies: str) -> None:
    home = replace(Home.read(homes / str(number)), server=server)
    agent = Agent(home, {"number": lambda: [str(number)]}, (), Rules(least=least))
    pause = threading.Event()
    while True:
        try:
            with agent.linked() as link:
                send = link.send

                def sent(round_id, phase, data, send=send):
                    if phase == dies:
                        os.kill(os.getpid(), signal.SIGKILL)
                    send(round_id, phase, data)
                    say(device=number, round=round_id.hex(), phase=phase)

                link.send = sent  # type: ignore[method-assign]
                while True:
                    pause.wait(agent.visit(link).pause_s)
        except FirsthandError as error:
            say(device=number, error=str(error))
            pause.wait(1.0)


def main() -> None:
    first, count, least = map(int, sys.argv[1:4])
    homes, server, dies = Path(sys.argv[4]), sys.argv[5], sys.argv[6]
    for number in range(first, first + count):
        threading.Thread(target=be, args=(number, homes, server, least, dies), daemon=True).start()
    say(ready=count)
    sys.stdin.read()  # ends with whoever began this


if __name__ == "__main__":
    main()
