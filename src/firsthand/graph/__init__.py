"""A runtime for graphs of calculators joined by streams of timestamped packets.

It has the semantics of MediaPipe's framework (Lugaresi et al. 2019, arXiv 1906.08172), in Python.
"""

from firsthand.graph import calculators
from firsthand.graph.builder import GraphBuilder, SidePacket, Stream
from firsthand.graph.calculator import STANDARD, STOP, Calculator, Contract, Registry
from firsthand.graph.config import GraphConfig, NodeConfig
from firsthand.graph.context import Context
from firsthand.graph.functions import from_function, from_step
from firsthand.graph.packet import EMPTY, Packet, empty_packet
from firsthand.graph.run import Graph, Run
from firsthand.graph.textconfig import parse
from firsthand.graph.trace import Tracer

__all__ = [
    "EMPTY",
    "STANDARD",
    "STOP",
    "Calculator",
    "Context",
    "Contract",
    "Graph",
    "GraphBuilder",
    "GraphConfig",
    "NodeConfig",
    "Packet",
    "Registry",
    "Run",
    "SidePacket",
    "Stream",
    "Tracer",
    "calculators",
    "empty_packet",
    "from_function",
    "from_step",
    "parse",
]
