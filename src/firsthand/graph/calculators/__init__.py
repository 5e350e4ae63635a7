"""Calculators every graph needs, under the names MediaPipe gives them."""

from firsthand.graph.calculators.cloner import PacketCloner
from firsthand.graph.calculators.flow_limiter import FlowLimiter
from firsthand.graph.calculators.gate import Gate
from firsthand.graph.calculators.loopback import PreviousLoopback
from firsthand.graph.calculators.loops import BeginLoop, EndLoop
from firsthand.graph.calculators.merge import Merge
from firsthand.graph.calculators.mux import Mux, RoundRobinDemux
from firsthand.graph.calculators.passthrough import PassThrough
from firsthand.graph.calculators.presence import PacketPresence
from firsthand.graph.calculators.resampler import PacketResampler
from firsthand.graph.calculators.side_packets import ConstantSidePacket, SidePacketToStream
from firsthand.graph.calculators.thinner import PacketThinner

__all__ = [
    "BeginLoop",
    "ConstantSidePacket",
    "EndLoop",
    "FlowLimiter",
    "Gate",
    "Merge",
    "Mux",
    "PacketCloner",
    "PacketPresence",
    "PacketResampler",
    "PacketThinner",
    "PassThrough",
    "PreviousLoopback",
    "RoundRobinDemux",
    "SidePacketToStream",
]
