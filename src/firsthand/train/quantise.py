"""Training a network to bear 8-bit integers: Jacob et al. 2018, arXiv 1712.05877.

Weights are rounded per output channel to symmetric int8, activations per tensor to asymmetric
int8, where the converted file will round them; gradients pass the rounding unchanged.
"""

import operator
import re
from collections.abc import Sequence
from typing import Any, Final, cast

import torch
from torch import Tensor, fx, nn

from firsthand.errors import ConfigError
from firsthand.train.quantised_kinds import Kind, kind_of

LOWEST: Final = -128
HIGHEST: Final = 127
_TINIEST_SPAN: Final = 1e-9
_SLOWEST: Final = 0.01


class FakeQuant(nn.Module):
    """Round activations to the 256 values of int8, whose range follows what passes in training.

    Buffers: `low`, `high` (float32, with 0 between them), and `seen`, the number of batches
    observed. The range is a moving average of the batches' least and greatest values, and stands
    still after `settle_steps` batches; a `fixed` range never moves.
    """

    low: Tensor
    high: Tensor
    seen: Tensor

    def __init__(self, settle_steps: int, fixed: tuple[float, float] | None = None) -> None:
        super().__init__()
        self.settle_steps = 0 if fixed else settle_steps
        low, high = fixed or (0.0, 0.0)
        self.register_buffer("low", torch.tensor(low))
        self.register_buffer("high", torch.tensor(high))
        self.register_buffer("seen", torch.tensor(1 if fixed else 0))

    def forward(self, values: Tensor) -> Tensor:
        """Return `values` rounded to the grid of the present range."""
        if self.training and int(self.seen) < self.settle_steps:
            self.observe(values.detach())
        scale, zero_point = grid(self.low, self.high)
        least = LOWEST - int(zero_point)
        return _rounded(values, float(scale), least, least + HIGHEST - LOWEST)

    @torch.no_grad()
    def observe(self, values: Tensor) -> None:
        """Let the range follow `values`."""
        self.seen += 1
        share = max(_SLOWEST, 1 / int(self.seen))
        least, greatest = torch.aminmax(values)
        self.low.lerp_(least.clamp(max=0).to(self.low.dtype), share)
        self.high.lerp_(greatest.clamp(min=0).to(self.high.dtype), share)


class Int8Weights(nn.Module):
    """A convolution or linear layer that computes with its weights rounded to int8."""

    def __init__(self, inner: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, values: Tensor) -> Tensor:
        """Return what the layer makes of `values`."""
        weight, inner = fake_weights(self.inner.weight), self.inner
        if isinstance(inner, nn.Linear):
            return nn.functional.linear(values, weight, inner.bias)
        return cast(Tensor, inner._conv_forward(values, weight, inner.bias))


def grid(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Return scale (float32) and zero point (int32) of the int8 grid that spans low..high."""
    scale = (high - low).clamp(min=_TINIEST_SPAN) / (HIGHEST - LOWEST)
    zero_point = torch.round(LOWEST - low / scale).clamp(LOWEST, HIGHEST)
    return scale, zero_point.to(torch.int32)


def fake_weights(weight: Tensor) -> Tensor:
    """Return weights (out, ...) rounded per output channel to multiples of absmax / 127."""
    absmax = weight.detach().abs().flatten(1).amax(1)
    scale = absmax.clamp(min=_TINIEST_SPAN) / HIGHEST
    return _rounded(weight, scale.reshape(-1, *[1] * (weight.ndim - 1)), -HIGHEST, HIGHEST)


class _Rounding(torch.autograd.Function):
    """Rounds, and lets gradients pass where nothing was cut off: torch's own is 5 times slower."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, scale: Tensor | float, least: int, most: int) -> Tensor:
        ctx.save_for_backward(values)
        # Weights are never cut off: their scale comes from the greatest of them.
        cut = isinstance(scale, float)
        ctx.bounds = ((least - 0.5) * scale, (most + 0.5) * scale) if cut else None
        return (values * (1 / scale)).round_().clamp_(least, most).mul_(scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (values,) = ctx.saved_tensors
        if ctx.bounds is None:
            return gradients[0], None, None, None
        passed = torch.ops.aten.hardtanh_backward(gradients[0], values, *ctx.bounds)
        return passed, None, None, None


def _rounded(values: Tensor, scale: Tensor | float, least: int, most: int) -> Tensor:
    return cast(Tensor, _Rounding.apply(values, scale, least, most))  # type: ignore[no-untyped-call]


def fold_batch_norms(model: nn.Module) -> int:
    """Fold each batch norm into the convolution before it, in place; return how many were.

    The network computes the same as before in evaluation mode. Raises `ConfigError` for a batch
    norm that does not follow a convolution of its own.
    """
    graph = _trace(model, ())
    calls = [node.target for node in graph.nodes if node.op == "call_module"]
    modules = dict(model.named_modules())
    count = 0
    for node in graph.nodes:
        norm = modules.get(str(node.target)) if node.op == "call_module" else None
        if not isinstance(norm, nn.BatchNorm2d):
            continue
        before = node.args[0]
        conv = modules.get(str(before.target)) if before.op == "call_module" else None
        alone = len(before.users) == 1 and calls.count(before.target) == 1
        if not isinstance(conv, nn.Conv2d) or not alone or calls.count(node.target) > 1:
            raise ConfigError(
                f"the batch norm {node.target} cannot be folded: it must follow a convolution "
                "that nothing else uses"
            )
        conv.weight, conv.bias = nn.utils.fuse_conv_bn_weights(
            conv.weight,
            conv.bias,
            cast(Tensor, norm.running_mean),
            cast(Tensor, norm.running_var),
            norm.eps,
            norm.weight,
            norm.bias,
        )
        conv.bias.requires_grad_(conv.weight.requires_grad)  # torch's own does not learn
        parent, _, name = str(node.target).rpartition(".")
        setattr(model.get_submodule(parent), name, nn.Identity())
        count += 1
    return count


def prepare(
    model: nn.Module,
    *,
    settle_steps: int,
    keep_float: Sequence[str] = (),
    input_range: tuple[float, float] = (0.0, 1.0),
) -> fx.GraphModule:
    """Return a network that computes as the int8 file will, on the very weights of `model`.

    Begin with a trained network, and train this one to adapt the weights: ranges settle in its
    first `settle_steps` training batches, and later values outside them are cut off.

    Operations in modules whose path one of the regular expressions `keep_float` matches (by
    `re.search`; outside all modules an operation goes by its own name, such as "softmax") stay in
    float. So does all that follows them, and what `quantised_kinds` does not know. `input_range`
    is that of the network's input.

    Fold batch norms first. The network must be traceable by torch.fx: no branches on values.

    Raises `ConfigError` if it is not, or holds batch norms, or an expression matches nothing.
    """
    graph = _trace(model, keep_float)
    prepared = fx.GraphModule(model, graph)
    graph.eliminate_dead_code()  # no file has it
    modules = dict(prepared.named_modules())
    _drop_identities(graph, modules)
    integer: set[fx.Node] = set()  # nodes whose values an int8 file holds as integers
    for node in list(graph.nodes):
        kind = kind_of(node, modules)
        if kind is Kind.NORM:
            raise ConfigError(f"{node.target} is a batch norm: call fold_batch_norms first")
        sources = node.all_input_nodes[:1] if kind is Kind.SAME else node.all_input_nodes
        floating = node.meta.get("keep_float") or not sources or not integer.issuperset(sources)
        if kind is Kind.INPUT:
            integer.add(_round_after(prepared, node, FakeQuant(0, fixed=input_range)))
        elif kind is Kind.UNKNOWN or floating:
            continue
        elif kind is Kind.SAME:
            integer.add(node)
            node.meta["range"] = sources[0].meta["range"]
        else:
            if kind is Kind.WEIGHTED:
                _round_weights(prepared, node, modules)
            if kind in (Kind.WEIGHTED, Kind.SUM) and _next_takes_all(node, kind, modules):
                integer.add(node)  # the file has one operation for both, which rounds after
                node.meta["range"] = None
            elif kind is Kind.UNIT:
                integer.add(_round_after(prepared, node, FakeQuant(0, fixed=(0.0, 255 / 256))))
            else:
                integer.add(_round_after(prepared, node, FakeQuant(settle_steps)))
    prepared.delete_all_unused_submodules()
    prepared.recompile()
    return prepared


def _trace(model: nn.Module, keep_float: Sequence[str]) -> fx.Graph:
    try:
        graph = fx.Tracer().trace(model)
    except (fx.proxy.TraceError, TypeError) as error:
        raise ConfigError(f"{type(model).__name__} cannot be traced: {error}") from error
    unused = set(keep_float)
    for node in graph.nodes:
        for text in keep_float:
            if re.search(text, _path(node)):
                node.meta["keep_float"] = True
                unused.discard(text)
    if unused:
        paths = ", ".join(dict.fromkeys(_path(node) for node in graph.nodes))
        raise ConfigError(f"keep_float {sorted(unused)} matches no module; there are: {paths}")
    return graph


def _drop_identities(graph: fx.Graph, modules: dict[str, nn.Module]) -> None:
    """Take out what folded batch norms have left between a convolution and its clamp."""
    for node in list(graph.nodes):
        if node.op == "call_module" and isinstance(modules[str(node.target)], nn.Identity):
            node.replace_all_uses_with(node.all_input_nodes[0])
            graph.erase_node(node)


def _path(node: fx.Node) -> str:
    """Return the path of the module an operation is in, or its own name in the outermost."""
    stack = node.meta.get("nn_module_stack")
    return str(next(reversed(stack.values()))[0]) if stack else node.name


def _next_takes_all(node: fx.Node, kind: Kind, modules: dict[str, nn.Module]) -> bool:
    """Tell whether the file has one operation for a node and what follows it."""
    users = list(node.users)
    if len(users) != 1 or users[0].meta.get("keep_float"):
        return False
    scaled = users[0].target in (operator.mul, torch.mul) and len(users[0].all_input_nodes) == 1
    return kind_of(users[0], modules) is Kind.CLAMP or (kind is Kind.WEIGHTED and scaled)


def _round_after(prepared: fx.GraphModule, node: fx.Node, quant: FakeQuant) -> fx.Node:
    name = f"{node.name}_range"
    prepared.add_submodule(name, quant)
    users = list(node.users)
    with prepared.graph.inserting_after(node):
        rounded = prepared.graph.call_module(name, (node,))
    for user in users:
        user.replace_input_with(node, rounded)
    node.meta["range"] = rounded.meta["range"] = name
    return rounded


def _round_weights(prepared: fx.GraphModule, node: fx.Node, modules: dict[str, nn.Module]) -> None:
    name = f"{node.name}_int8"
    prepared.add_submodule(name, Int8Weights(cast(nn.Conv2d, modules[str(node.target)])))
    node.target = name
