"""Make calculators of plain functions, so that a system's mathematics needs to know no graph."""

import inspect
import typing
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Final

from firsthand.errors import ConfigError
from firsthand.graph.calculator import Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY
from firsthand.graph.ports import PortKey

_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def from_function(function: Callable[..., Any], name: str = "") -> type[Calculator]:
    """Return a calculator that sends `function(payloads...)` at the input's timestamp.

    A function of one argument reads the untagged input; of several, the inputs tagged with their
    names in upper case. Arguments with defaults are settings, not inputs. An input that has no
    packet is given as None. What the function returns goes to the untagged output; None sends
    nothing. Annotations that are classes become the ports' types.

    >>> from firsthand.graph import Graph, GraphBuilder, Packet, from_function
    >>> from firsthand.graph.testing import collect
    >>> g = GraphBuilder()
    >>> total = g.node(
    ...     from_function(lambda a, b: a + b),
    ...     inputs={"A": g.input("a"), "B": g.input("b")},
    ...     outputs=["sum"],
    ... )
    >>> collect(Graph(g.build()), [("a", Packet(2, 0)), ("b", Packet(3, 0))], ["sum"])
    {'sum': [Packet(5 @ 0 us)]}
    """
    keys, types, made = _ports(function, skip=0)

    class Function(Calculator):
        @classmethod
        def contract(cls, contract: Contract) -> None:
            _declare(contract, keys, types, made)

        def process(self, ctx: Context) -> None:
            value = function(
                *[None if p.payload is EMPTY else p.payload for p in (ctx.inputs[k] for k in keys)]
            )
            if value is not None and 0 in ctx.outputs:
                ctx.send(0, value)

    Function.__name__ = Function.__qualname__ = name or _name(function)
    return Function


def from_step(
    step: Callable[..., tuple[Any, Any]],
    initial: Callable[[], Any],
    name: str = "",
) -> type[Calculator]:
    """Return a calculator that carries the state of `step(state, payloads...) -> (state, out)`.

    Ports are those of `from_function` without the first argument; `initial()` makes the state
    when a run starts, so that runs do not share it.

    >>> from firsthand.graph import Graph, GraphBuilder, Packet, from_step
    >>> from firsthand.graph.testing import collect
    >>> g = GraphBuilder()
    >>> running_sum = from_step(lambda total, x: (total + x, total + x), initial=int)
    >>> g.output(g.node(running_sum, inputs=[g.input("x")], outputs=["sums"])[0])
    >>> packets = [("x", Packet(i, i)) for i in (1, 2, 3)]
    >>> [p.payload for p in collect(Graph(g.build()), packets, ["sums"])["sums"]]
    [1, 3, 6]
    """
    keys, types, _ = _ports(step, skip=1)

    class Step(Calculator):
        @classmethod
        def contract(cls, contract: Contract) -> None:
            _declare(contract, keys, types, object)  # a step returns a pair, not the payload

        def open(self, ctx: Context) -> None:  # noqa: ARG002 - the signature is the calculator's
            self.state = initial()

        def process(self, ctx: Context) -> None:
            self.state, value = step(
                self.state,
                *[None if p.payload is EMPTY else p.payload for p in (ctx.inputs[k] for k in keys)],
            )
            if value is not None and 0 in ctx.outputs:
                ctx.send(0, value)

    Step.__name__ = Step.__qualname__ = name or _name(step)
    return Step


def payload_keys(function: Callable[..., Any], skip: int = 0) -> list[PortKey]:
    """Return the input ports of a function's calculator, `skip` leaves out a step's state."""
    return _ports(function, skip)[0]


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__)).strip("<>")


def _ports(function: Callable[..., Any], skip: int) -> tuple[list[PortKey], list[type], type]:
    try:
        everything = inspect.signature(function).parameters.values()
    except ValueError:  # some of Python's own functions do not tell
        everything = {}.values()
    parameters = [p for p in everything if p.default is p.empty][skip:]
    if not parameters or any(p.kind not in _POSITIONAL for p in parameters):
        raise ConfigError(
            f"{_name(function)} does not take its payloads as plain named arguments, so it has no "
            "inputs; give it such arguments (no * or **), or write a Calculator"
        )
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError):
        hints = {}
    keys: list[PortKey] = [0] if len(parameters) == 1 else [p.name.upper() for p in parameters]
    types = [_as_class(hints.get(p.name, object)) for p in parameters]
    return keys, types, _as_class(hints.get("return", object))


def _as_class(hint: Any) -> type:
    """Return the class a payload must have: `X | None` means X, other constructs mean anything."""
    if typing.get_origin(hint) in (UnionType, typing.Union):
        rest = [h for h in typing.get_args(hint) if h is not NoneType]
        return _as_class(rest[0]) if len(rest) == 1 else object
    origin = typing.get_origin(hint)
    if isinstance(origin, type):
        return origin
    if not isinstance(hint, type) or hint in (NoneType, float, complex):
        return object  # where a float is asked for, an int will do (PEP 484)
    try:
        isinstance(None, hint)
    except TypeError:  # protocols and typed dictionaries cannot be asked
        return object
    return hint


def _declare(contract: Contract, keys: list[PortKey], types: list[type], made: type) -> None:
    for key, payload_type in zip(keys, types, strict=True):
        contract.input(key, payload_type)
    contract.output(0, made, optional=True)
    contract.timestamp_offset = 0
