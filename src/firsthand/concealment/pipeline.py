"""Concealment as graphs: a call's packets to its sound, and sound with losses to sound without."""

from typing import Any

import numpy as np

from firsthand.concealment.calculators import Buffered, Fill
from firsthand.concealment.packets import Packet
from firsthand.graph import GraphBuilder, GraphConfig


def jitter_buffer_graph(*, statistics: bool = False) -> GraphConfig:
    """Return the graph from `packets` (`Packet`) and `ticks` (anything) to `sound`.

    Packets are at the times of their arrival; at each tick 10 ms of sound come out, samples
    (rate_hz // 100,); with `statistics`, `statistics` (`Statistics`) besides. Side packets:
    `decoder` (a `Decoder`), `concealer` (a `Concealer`, or None for `Extrapolation`) and `settings`
    (`Settings`).
    """
    g = GraphBuilder()
    packets: Any = g.input("packets", Packet)
    buffered = g.node(
        Buffered,
        inputs={"PACKETS": packets, "TICKS": g.input("ticks")},
        outputs={"SOUND": "sound", **({"STATISTICS": "statistics"} if statistics else {})},
        side={
            "DECODER": g.side_input("decoder"),
            "CONCEALER": g.side_input("concealer"),
            "SETTINGS": g.side_input("settings"),
        },
        name="jitter_buffer",
    )
    g.output(buffered["SOUND"])
    if statistics:
        g.output(buffered["STATISTICS"])
    return g.build()


def filling_graph() -> GraphConfig:
    """Return the graph from `sound` (blocks of 10 ms) and `lost` (bool) to `filled` (blocks).

    Every block that should be there has a `lost` at its time. Side packet: `concealer`.
    """
    g = GraphBuilder()
    sound: Any = g.input("sound", np.ndarray)
    lost: Any = g.input("lost", bool)
    filled = g.node(
        Fill,
        inputs={"SOUND": sound, "LOST": lost},
        outputs=["filled"],
        side={"CONCEALER": g.side_input("concealer")},
        name="fill",
    )
    g.output(filled[0])
    return g.build()
