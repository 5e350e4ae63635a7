"""What ended a run, in words: the node or observer, the time, and the cause."""

from collections.abc import Sequence

from firsthand.core import timestamp as ts
from firsthand.errors import CalculatorError, GraphError
from firsthand.graph.nodes import Node


def node_failed(node: Node, phase: str, time: int, cause: BaseException) -> CalculatorError:
    """Return the error of a node whose calculator (or policy) raised `cause`."""
    what = f"node {node.name!r} ({node.plan.calculator.__name__}) failed in {phase}"
    return _failed(what, node.name, time, cause)


def observer_failed(stream: str, time: int, cause: BaseException) -> CalculatorError:
    """Return the error of a stream's observer that raised `cause`."""
    return _failed(f"the observer of stream {stream!r} failed", stream, time, cause)


def _failed(what: str, name: str, time: int, cause: BaseException) -> CalculatorError:
    error = CalculatorError(
        f"{what} at {ts.describe(time)}: {type(cause).__name__}: {cause}",
        node=name,
        timestamp=time,
    )
    error.__cause__ = cause
    return error


def interrupted(cause: BaseException) -> GraphError:
    """Return the error of a run that an exception from outside broke into."""
    error = GraphError(f"the run was interrupted by {type(cause).__name__}: start the graph again")
    error.__cause__ = cause
    return error


def never_opened(nodes: Sequence[Node]) -> GraphError:
    """Return the error of a run that is over while `nodes` still wait for side packets."""
    sides: set[str] = set().union(*(node.waiting_sides for node in nodes))
    return GraphError(
        f"nodes {[node.name for node in nodes]} never ran: they wait for side packets "
        f"{sorted(sides)}, which no node has set"
    )
