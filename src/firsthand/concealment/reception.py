"""What is learnt from packets as they arrive: their order, how late they come, how long to wait."""

from math import inf
from typing import Final

from firsthand.concealment.arrivals import Arrivals, InterarrivalJitter
from firsthand.concealment.ordering import Kind, Place, StreamOrder
from firsthand.concealment.packets import Packet
from firsthand.concealment.settings import Settings
from firsthand.concealment.target_delay import TargetDelay

_OF_ROOM: Final = 0.75
"""Of the packets there is room for, those that may wait when all is well."""


class Reception:
    """A stream as it comes in.

    Attributes:
        order: its packets' numbers.
        arrivals: how late they came lately.
        jitter: the interarrival jitter.
        target: the delay that is aimed for.
    """

    __slots__ = ("_room", "_timestamp_hz", "arrivals", "jitter", "order", "target")

    def __init__(self, settings: Settings, timestamp_hz: int) -> None:
        self._room = settings.most_packets * _OF_ROOM
        self._timestamp_hz = timestamp_hz
        self.order = StreamOrder(timestamp_hz)
        self.arrivals = Arrivals()
        self.jitter = InterarrivalJitter()
        self.target = TargetDelay(
            settings.start_delay_ms, settings.least_delay_ms, settings.most_delay_ms
        )

    def place(self, packet: Packet, now_us: int) -> Place:
        """Return where a packet belongs that arrived at `now_us`, and learn from it."""
        place = self.order.place(packet, now_us)
        if place.kind is Kind.NEW or place.kind is Kind.RESTART:
            self._learn(packet, place, now_us)
        return place

    def _learn(self, packet: Packet, place: Place, now_us: int) -> None:
        timestamp_us = place.timestamp * 1_000_000 // self._timestamp_hz
        if place.kind is Kind.RESTART:
            self.jitter.restart()
            self.arrivals.clear()
        self.jitter.add(timestamp_us, now_us)
        if packet.comfort_noise:
            return
        late_us, reordered = self.arrivals.add(timestamp_us, now_us)
        if len(self.arrivals) > 1:
            room_ms = self._room * self.order.step * 1000 / self._timestamp_hz
            self.target.update(late_us, reordered, now_us, room_ms or inf)
