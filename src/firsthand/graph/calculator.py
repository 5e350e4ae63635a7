"""What a calculator is, and what it declares before a graph may use it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from firsthand.errors import ConfigError
from firsthand.graph.config import GraphConfig, Options
from firsthand.graph.ports import PortKey, PortMap

if TYPE_CHECKING:
    from firsthand.graph.context import Context
    from firsthand.graph.policies import PolicyFactory


class Stop:
    """The type of `STOP`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "STOP"


STOP: Final = Stop()
"""What `process` returns to end without error: a source is done, any other node stops the graph."""


class Calculator(ABC):
    """A node's behaviour: `open` once, `process` for each input set, `close` once.

    `close` runs whenever `open` succeeded, after an error too (`ctx.graph_error` tells). A node
    without input streams is a source: `process` is called until it returns `STOP`.
    """

    @classmethod
    @abstractmethod
    def contract(cls, contract: "Contract") -> None:
        """Declare the ports, their payload types, and how inputs are joined."""

    def open(self, ctx: "Context") -> None:  # noqa: B027 - most calculators need none
        """Prepare; side packets and options are there. Packets may be sent."""

    @abstractmethod
    def process(self, ctx: "Context") -> Stop | None:
        """Handle one input set at `ctx.timestamp`; return `STOP` to end."""

    def close(self, ctx: "Context") -> None:  # noqa: B027 - most calculators need none
        """Send what is left; inputs are empty now."""


class _Declared:
    """Types declared for one side of a node, checked against the ports it was given."""

    def __init__(self, what: str, node: str, ports: PortMap) -> None:
        self.ports = ports
        self.types: list[type | None] = [None] * len(ports)
        self._what = what
        self._node = node

    def declare(self, key: PortKey, payload_type: type, optional: bool) -> None:
        i = self.ports.ids.get(key)
        if i is not None:
            self.types[i] = payload_type
        elif not optional:
            raise ConfigError(
                f"node {self._node!r} needs {self._what} {key!r}; it was given: "
                f"{self.ports.describe()}"
            )

    def declare_all(self, tag: str, payload_type: type, at_least: int) -> int:
        found = 0
        for i, port in enumerate(self.ports):
            if port.tag == tag:
                self.types[i] = payload_type
                found += 1
        if found < at_least:
            raise ConfigError(
                f"node {self._node!r} needs at least {at_least} {self._what}(s) of tag {tag!r}; "
                f"it was given: {self.ports.describe()}"
            )
        return found

    def finish(self) -> tuple[type, ...]:
        done: list[type] = []
        for port, declared in zip(self.ports, self.types, strict=True):
            if declared is None:
                raise ConfigError(
                    f"node {self._node!r} has no {self._what} {str(port)!r}; "
                    "remove it from the graph or declare it in the calculator's contract"
                )
            done.append(declared)
        return tuple(done)


class Contract:
    """Collects what a calculator declares about one node.

    Payload types are classes (`object` accepts all). `timestamp_offset` promises that outputs
    come no earlier than input time plus the offset (microseconds), which lets bounds travel
    through the node; None promises nothing. With `process_timestamp_bounds` the node also runs
    at times that are settled but carry no packet. `policy` replaces the default input policy.
    """

    def __init__(
        self,
        node: str,
        options: Options,
        inputs: PortMap,
        outputs: PortMap,
        side_inputs: PortMap,
        side_outputs: PortMap,
    ) -> None:
        self.node = node
        self.options = options
        self.inputs = inputs
        self.outputs = outputs
        self.side_inputs = side_inputs
        self.side_outputs = side_outputs
        self.timestamp_offset: int | None = None
        self.process_timestamp_bounds = False
        self.policy: PolicyFactory | None = None
        self.optional_side_inputs: frozenset[int] = frozenset()
        self._in = _Declared("input stream", node, inputs)
        self._out = _Declared("output stream", node, outputs)
        self._side_in = _Declared("input side packet", node, side_inputs)
        self._side_out = _Declared("output side packet", node, side_outputs)

    def input(self, key: PortKey, payload_type: type = object, *, optional: bool = False) -> None:
        """Declare an input stream: "TAG", "TAG:1" or an untagged index."""
        self._in.declare(key, payload_type, optional)

    def output(self, key: PortKey, payload_type: type = object, *, optional: bool = False) -> None:
        """Declare an output stream."""
        self._out.declare(key, payload_type, optional)

    def side_input(
        self, key: PortKey, payload_type: type = object, *, optional: bool = False
    ) -> None:
        """Declare an input side packet; an optional one that nobody gives is None."""
        self._side_in.declare(key, payload_type, optional)
        if optional and key in self.side_inputs.ids:
            self.optional_side_inputs |= {self.side_inputs.ids[key]}

    def side_output(
        self, key: PortKey, payload_type: type = object, *, optional: bool = False
    ) -> None:
        """Declare an output side packet."""
        self._side_out.declare(key, payload_type, optional)

    def inputs_of(self, tag: str, payload_type: type = object, *, at_least: int = 0) -> int:
        """Declare all input streams of `tag` ("" for untagged); return how many there are."""
        return self._in.declare_all(tag, payload_type, at_least)

    def outputs_of(self, tag: str, payload_type: type = object, *, at_least: int = 0) -> int:
        """Declare all output streams of `tag`; return how many there are."""
        return self._out.declare_all(tag, payload_type, at_least)

    def finish(
        self,
    ) -> tuple[tuple[type, ...], tuple[type, ...], tuple[type, ...], tuple[type, ...]]:
        """Return the declared types of inputs, outputs, side inputs and side outputs.

        Raises:
            ConfigError: a port in the graph was not declared.
        """
        return (
            self._in.finish(),
            self._out.finish(),
            self._side_in.finish(),
            self._side_out.finish(),
        )


class Registry:
    """Calculators and subgraphs by the names text graphs call them by."""

    def __init__(self, parent: "Registry | None" = None) -> None:
        self._parent = parent
        self._calculators: dict[str, type[Calculator]] = {}
        self._subgraphs: dict[str, GraphConfig] = {}

    def calculator(self, name: str) -> Callable[[type[Calculator]], type[Calculator]]:
        """Class decorator: make a calculator known under `name`."""

        def register(cls: type[Calculator]) -> type[Calculator]:
            self._check_free(name)
            self._calculators[name] = cls
            return cls

        return register

    def add_subgraph(self, config: GraphConfig) -> None:
        """Make a subgraph known under its `type`."""
        if not config.type:
            raise ConfigError("a subgraph needs a type: GraphConfig(type='NAME', ...)")
        self._check_free(config.type)
        self._subgraphs[config.type] = config

    def find_calculator(self, name: str) -> type[Calculator]:
        """Return the calculator called `name`.

        Raises:
            ConfigError: nothing of that name is registered.
        """
        registry: Registry | None = self
        while registry is not None:
            if name in registry._calculators:
                return registry._calculators[name]
            registry = registry._parent
        known = ", ".join(sorted(self.names()))
        raise ConfigError(f"no calculator or subgraph {name!r} is registered; known: {known}")

    def find_subgraph(self, name: str) -> GraphConfig | None:
        """Return the subgraph called `name`, or None."""
        if name in self._subgraphs:
            return self._subgraphs[name]
        return self._parent.find_subgraph(name) if self._parent else None

    def names(self) -> Iterator[str]:
        """Iterate over all names known here and above."""
        yield from self._calculators
        yield from self._subgraphs
        if self._parent:
            yield from self._parent.names()

    def _check_free(self, name: str) -> None:
        if name in self._calculators or name in self._subgraphs:
            raise ConfigError(f"{name!r} is registered already")


STANDARD: Final = Registry()
"""The calculators that ship with Firsthand; a user's own registry takes it as parent."""
