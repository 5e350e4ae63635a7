"""Streams that are polled: whoever runs the graph takes their packets when it wants them."""

from firsthand.graph.calculator import Calculator, Contract
from firsthand.graph.config import NodeConfig
from firsthand.graph.context import Context
from firsthand.graph.nodes import OPENED, Node, ReadyQueue
from firsthand.graph.plan import NodePlan
from firsthand.graph.policies import default
from firsthand.graph.ports import PortMap


def polling_node(stream: str, queue: ReadyQueue, capacity: int) -> Node:
    """Return a node that never runs: its queue holds what `Run.next_output` takes.

    So a polled stream holds its sources back like any other that is not read fast enough.
    """
    none = PortMap(())
    plan = NodePlan(
        name=f"next_output({stream!r})",
        calculator=_Polling,
        config=NodeConfig(_Polling, max_in_flight=0),
        inputs=PortMap((stream,)),
        outputs=none,
        side_inputs=none,
        side_outputs=none,
        input_types=(object,),
        output_types=(),
        side_types=(),
        optional_sides=frozenset(),
        back_edges=frozenset(),
        policy=default,
        process_bounds=False,
        timestamp_offset=None,
    )
    node = Node(0, plan, queue, capacity)
    node.state = OPENED
    return node


class _Polling(Calculator):
    @classmethod
    def contract(cls, contract: Contract) -> None:
        contract.input(0)

    def process(self, ctx: Context) -> None:  # noqa: ARG002 - the signature is the calculator's
        raise AssertionError("a polling node is never called")
