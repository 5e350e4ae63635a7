"""Which channels of a network go together, so that some of them can be taken out.

A network is traced once, with a label for every channel of every value. Additions make labels of
both sides one, depthwise convolutions hand theirs on, concatenations put them side by side; so a
label ends up with all slices of all weights that have to go when its channel goes (Fang et al.
2023, "DepGraph: Towards Any Structural Pruning", arXiv:2301.12900).
"""

import contextlib
import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from firsthand.errors import ConfigError
from firsthand.train.compress.passing import Passing, passing_of
from firsthand.train.quantise import fold_batch_norms

Labels = NDArray[np.int64]

_DIVISOR: Final = 4
"""Of the numbers of channels that are kept: kernels compute four at a time at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """An axis of a network's tensor, and the label (n,) of each place along it."""

    tensor: str
    axis: int
    labels: Labels


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """A network's channels: labels, in groups of which each may lose some.

    `groups` (g, ...) are the labels of each, in order. Labels in no group stay: those of the input
    and the output, and of what `opaque` names, operations that are not known.
    """

    slots: tuple[Slot, ...]
    groups: tuple[Labels, ...]
    opaque: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """One more than the largest label."""
        return 1 + max(int(slot.labels.max()) for slot in self.slots)

    def kept(self, width: float, importance: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which labels stay where each group keeps `width` of them, the most important.

        `importance` (count,) is each label's. Counts are multiples of four. Of two widths the
        larger keeps all that the smaller does.
        """
        if not 0 < width <= 1:
            raise ConfigError(f"width={width} must be above 0 and at most 1")
        stays = np.ones(self.count, np.bool_)
        for group in self.groups:
            wanted = round(width * len(group) / _DIVISOR) * _DIVISOR
            most = min(len(group), max(_DIVISOR, wanted)) if width < 1 else len(group)
            order = np.argsort(-importance[group], kind="stable")
            stays[group[order[most:]]] = False
        return stays


def trace_channels(model: nn.Module, example: Tensor) -> Channels:
    """Return the channels of a network that takes pictures such as `example` (1, c, h, w).

    Raises `ConfigError` for one that torch.fx cannot trace, or that has nothing to take out,
    naming what stands in the way.
    """
    try:
        graph = fx.symbolic_trace(copy.deepcopy(model).eval())
    except (fx.proxy.TraceError, TypeError) as error:
        raise ConfigError(
            f"{type(model).__name__} cannot be traced: {error}. Its forward must not branch on "
            "values; move what does into a module that is not part of the classifier"
        ) from error
    labelling = _Labelling(graph)
    with torch.no_grad():
        labelling.run(example)
    found = labelling.channels()
    if not found.groups:
        why = f": not known are {', '.join(found.opaque)}" if found.opaque else ""
        raise ConfigError(f"{type(model).__name__} has no channels that could be taken out{why}")
    return found


def sorted_channels(
    model: nn.Module, channels: Channels, importance: NDArray[np.float64]
) -> tuple[nn.Module, Channels]:
    """Return a network that computes the same, each group's most important channels first."""
    rank = np.empty(channels.count, np.int64)
    rank[np.argsort(-importance, kind="stable")] = np.arange(channels.count)
    group = _group_of(channels)
    orders = [_order(slot.labels, group, rank) for slot in channels.slots]
    slots = tuple(
        replace(slot, labels=slot.labels[order])
        for slot, order in zip(channels.slots, orders, strict=True)
    )
    made = copy.deepcopy(model)
    _take(made, zip(channels.slots, orders, strict=True))
    return made, replace(channels, slots=slots)


def narrowed(model: nn.Module, channels: Channels, stays: NDArray[np.bool_]) -> nn.Module:
    """Return the network without the channels whose labels do not stay."""
    made = copy.deepcopy(model)
    places = [np.flatnonzero(stays[slot.labels]) for slot in channels.slots]
    _take(made, zip(channels.slots, places, strict=True))
    for unit in made.modules():
        _mend_sizes(unit)
    return made


def importance_of(channels: Channels, scores: Mapping[str, Tensor]) -> NDArray[np.float64]:
    """Return each label's importance (count,): the sum of its weights' scores.

    `scores` has tensors like the network's weights; only those count that make a channel, not
    those that read it.
    """
    found = np.zeros(channels.count)
    for slot in channels.slots:
        if slot.axis == 0 and slot.tensor in scores:
            score = scores[slot.tensor].detach().double()
            np.add.at(found, slot.labels, score.reshape(len(score), -1).sum(1).numpy())
    return found


def magnitudes(model: nn.Module) -> dict[str, Tensor]:
    """Return every weight squared, batch norms folded into the convolutions before them.

    Li et al. 2017 (arXiv:1608.08710) prune by magnitudes: no data is needed.
    """
    folded = copy.deepcopy(model).eval()
    with contextlib.suppress(ConfigError):  # one that follows no convolution of its own
        fold_batch_norms(folded)
    return {name: value.detach() ** 2 for name, value in folded.named_parameters()}


def taylor_scores(
    model: nn.Module, losses: Iterable[Callable[[nn.Module], Tensor]]
) -> dict[str, Tensor]:
    """Return by how much the loss would change, roughly, without each weight: squared, averaged.

    The first term of the Taylor series, Molchanov et al. 2019 (arXiv:1906.10771); `losses` compute
    the loss of a batch each.
    """
    model = copy.deepcopy(model).eval()
    found = {name: torch.zeros_like(value) for name, value in model.named_parameters()}
    for loss in losses:
        model.zero_grad(set_to_none=True)
        torch.autograd.backward(loss(model))
        for name, value in model.named_parameters():
            if value.grad is not None:
                found[name] += (value.detach() * value.grad) ** 2
    return found


class _Labelling(fx.Interpreter):
    """Runs a traced network and labels the channels, axis 1, of every value."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph)
        self._parents: list[int] = []
        self._labels: dict[fx.Node, Labels] = {}
        self._slots: dict[tuple[str, int], Slot] = {}
        self._made: list[Labels] = []
        self._fixed: set[int] = set()
        self._opaque: list[str] = []

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if n.op == "output":
            for node in n.all_input_nodes:
                self._fix(self._labels.get(node))
        elif isinstance(value, Tensor) and value.ndim >= 2:
            self._labels[n] = self._label(n, value)
        elif isinstance(value, Tensor | tuple | list) and not isinstance(value, torch.Size):
            self._lose(n)
        return value

    def _label(self, node: fx.Node, value: Tensor) -> Labels:
        sources = [each for each in node.all_input_nodes if each in self._labels]
        given = [self._labels[each] for each in sources]
        size = value.shape[1]
        unit = self.submodules.get(str(node.target)) if node.op == "call_module" else None
        if unit is not None and (found := self._by_unit(str(node.target), unit, given)) is not None:
            return found
        constants = any(
            each.op == "get_attr" and each not in self._labels for each in node.all_input_nodes
        )
        match Passing.UNKNOWN if constants else passing_of(node, unit):
            case Passing.SAME if len(given) == 1 and len(given[0]) == size:
                return given[0]
            case Passing.JOINED if given:
                wide = [each for each in given if len(each) > 1 or size == 1]
                if wide and all(len(each) == size for each in wide):
                    for other in wide[1:]:
                        self._unite(wide[0], other)
                    return wide[0]
            case Passing.BESIDE if sum(map(len, given)) == size and self._along_channels(node):
                return np.concatenate(given)
            case Passing.FLATTENED if len(given) == 1 and len(value) == len(self.env[sources[0]]):
                if size == len(given[0]) or (value.ndim == 2 and size % len(given[0]) == 0):
                    return np.repeat(given[0], size // len(given[0]))
        self._lose(node)
        labels = self._new(size)
        self._fix(labels)
        return labels

    def _lose(self, node: fx.Node) -> None:
        """Have the channels that come into an operation stay: what it does to them is not known."""
        sources = [self._labels[each] for each in node.all_input_nodes if each in self._labels]
        for each in sources:
            self._fix(each)
        if sources:
            unit = self.submodules.get(str(node.target)) if node.op == "call_module" else None
            kind = f" ({type(unit).__name__})" if unit is not None else ""
            self._opaque.append(f"{getattr(node.target, '__name__', node.target)}{kind}")

    def _by_unit(self, path: str, unit: nn.Module, given: list[Labels]) -> Labels | None:
        """Return the labels after a module that has weights for each channel."""
        if len(given) != 1:
            return None
        before = given[0]
        if isinstance(unit, nn.Conv2d | nn.Linear):
            weight = unit.weight
            groups = unit.groups if isinstance(unit, nn.Conv2d) else 1
            if groups > 1 and (groups != len(before) or weight.shape[0] != groups):
                return None
            if groups == 1 and weight.shape[1] != len(before):
                return None
            after = before if groups > 1 else self._new(weight.shape[0])
            self._put(f"{path}.weight", 0, after)
            if groups == 1:
                self._put(f"{path}.weight", 1, before)
                self._made.append(after)
            if unit.bias is not None:
                self._put(f"{path}.bias", 0, after)
            return after
        if isinstance(unit, nn.BatchNorm2d | nn.BatchNorm1d):
            for name in ("weight", "bias", "running_mean", "running_var"):
                if getattr(unit, name) is not None:
                    self._put(f"{path}.{name}", 0, before)
            return before
        if isinstance(unit, nn.PReLU) and unit.num_parameters > 1:
            self._put(f"{path}.weight", 0, before)
            return before
        return None

    def _put(self, tensor: str, axis: int, labels: Labels) -> None:
        """Note an axis; a module that is called again has its labels united with the first's."""
        known = self._slots.setdefault((tensor, axis), Slot(tensor, axis, labels))
        if known.labels is not labels:
            self._unite(known.labels, labels)

    @staticmethod
    def _along_channels(node: fx.Node) -> bool:
        dim = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else 0)
        return isinstance(dim, int) and dim == 1

    def _new(self, size: int) -> Labels:
        first = len(self._parents)
        self._parents += range(first, first + size)
        return np.arange(first, first + size)

    def _root(self, label: int) -> int:
        while (parent := self._parents[label]) != label:
            self._parents[label] = label = self._parents[parent]
        return label

    def _unite(self, some: Labels, others: Labels) -> None:
        for a, b in zip(some.tolist(), others.tolist(), strict=True):
            self._parents[self._root(b)] = self._root(a)

    def _fix(self, labels: Labels | None) -> None:
        self._fixed.update([] if labels is None else labels.tolist())

    def channels(self) -> Channels:
        """Return what was found, labels being numbered anew."""
        roots = np.array([self._root(label) for label in range(len(self._parents))])
        _, number = np.unique(roots, return_inverse=True)
        fixed = np.zeros(number.max() + 1, np.bool_)
        fixed[number[sorted(self._fixed)]] = True
        makers: dict[int, list[int]] = {}
        for at, made in enumerate(self._made):
            for label in number[made].tolist():
                makers.setdefault(label, []).append(at)
        groups: dict[tuple[int, ...], list[int]] = {}
        for label, by in makers.items():
            if not fixed[label]:
                groups.setdefault(tuple(dict.fromkeys(by)), []).append(label)
        return Channels(
            tuple(Slot(s.tensor, s.axis, number[s.labels]) for s in self._slots.values()),
            tuple(np.array(sorted(each)) for each in groups.values()),
            tuple(dict.fromkeys(self._opaque)),
        )


def _group_of(channels: Channels) -> Labels:
    found = np.full(channels.count, -1)
    for at, group in enumerate(channels.groups):
        found[group] = at
    return found


def _order(labels: Labels, group: Labels, rank: Labels) -> Labels:
    """Return places in the order of rank, within each run of channels that belong to one value.

    A run ends where the group changes, or a label comes again that was seen in it before.
    """
    runs, seen, run = np.empty(len(labels), np.int64), set[int](), 0
    for at, label in enumerate(labels.tolist()):
        again = label in seen and label != labels[at - 1]
        if at and (again or group[label] != group[labels[at - 1]]):
            run, seen = run + 1, set()
        seen.add(label)
        runs[at] = run
    ranks = np.where(group[labels] < 0, np.arange(len(labels)), rank[labels])
    return np.lexsort((ranks, runs))


def _take(model: nn.Module, places: Iterable[tuple[Slot, Labels]]) -> None:
    """Keep only some places of a network's tensors, along the axes of slots."""
    for slot, at in places:
        path, _, name = slot.tensor.rpartition(".")
        unit = model.get_submodule(path)
        value = cast(Tensor, getattr(unit, name))
        kept = value.detach().index_select(slot.axis, torch.from_numpy(at)).contiguous()
        if isinstance(value, nn.Parameter):
            setattr(unit, name, nn.Parameter(kept, value.requires_grad))
        else:
            setattr(unit, name, kept)


def _mend_sizes(unit: nn.Module) -> None:
    """Have a module say the sizes that its weights now have."""
    if isinstance(unit, nn.Conv2d):
        if unit.groups == unit.out_channels > 1:
            unit.groups = unit.weight.shape[0]
        unit.out_channels = unit.weight.shape[0]
        unit.in_channels = unit.weight.shape[1] * unit.groups
    elif isinstance(unit, nn.Linear):
        unit.out_features, unit.in_features = unit.weight.shape
    elif isinstance(unit, nn.BatchNorm2d | nn.BatchNorm1d) and unit.running_mean is not None:
        unit.num_features = len(unit.running_mean)
    elif isinstance(unit, nn.PReLU):
        unit.num_parameters = len(unit.weight)
