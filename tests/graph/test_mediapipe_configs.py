"""The graphs in MediaPipe's wheel, printed by its own protocol buffers, mean the same to us."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle.peer import Oracle

from firsthand.graph import (
    STANDARD,
    Calculator,
    Context,
    Contract,
    Graph,
    NodeConfig,
    Registry,
    parse,
)

pytestmark = pytest.mark.oracle

HANDS = "modules/hand_landmark/hand_landmark_tracking_cpu.binarypb"
EXPANDED = f"{HANDS}, expanded"


@pytest.fixture(scope="module")
def graphs(mediapipe_python: Path) -> Iterator[dict[str, Any]]:
    oracle = Oracle(mediapipe_python)
    answer = oracle.ask("graphs_of_wheel")
    assert answer is not None, oracle.deaths
    yield answer["graphs"]
    oracle.close()


class Anything(Calculator):
    """Stands in for a calculator we do not have: takes whatever the graph gives it."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        for tag in contract.inputs.tags():
            contract.inputs_of(tag)
        for tag in contract.outputs.tags():
            contract.outputs_of(tag)
        for key in contract.side_inputs.ids:
            contract.side_input(key)
        for key in contract.side_outputs.ids:
            contract.side_output(key)

    def process(self, ctx: Context) -> None:
        raise NotImplementedError


def as_lists(node: NodeConfig) -> dict[str, Any]:
    return {
        "calculator": node.calculator_name,
        "inputs": list(node.inputs),
        "outputs": list(node.outputs),
        "sides": list(node.side_inputs),
        "back": sorted(node.back_edges),
        "policy": node.policy or "",
    }


def test_every_graph_of_the_wheel_reads_the_same(graphs: dict[str, Any]) -> None:
    assert {HANDS, EXPANDED} <= set(graphs)
    for name, theirs in graphs.items():
        ours = parse(theirs["text"])
        assert list(ours.inputs) == theirs["inputs"], name
        assert list(ours.outputs) == theirs["outputs"], name
        assert list(ours.side_inputs) == theirs["sides"], name
        assert [as_lists(node) for node in ours.nodes] == theirs["nodes"], name


def test_options_are_read(graphs: dict[str, Any]) -> None:
    options = {n.calculator_name: n.options for n in parse(graphs[EXPANDED]["text"]).nodes}
    assert options["SsdAnchorsCalculator"]["strides"] == [8, 16, 16, 16]
    assert options["SsdAnchorsCalculator"]["fixed_anchor_size"] is True
    assert options["AssociationNormRectCalculator"]["min_similarity_threshold"] == 0.5
    assert options["InferenceCalculatorCpu"]["delegate"] == {"xnnpack": {}}


def test_every_graph_of_the_wheel_compiles(graphs: dict[str, Any]) -> None:
    for name, theirs in graphs.items():
        config = parse(theirs["text"])
        registry = Registry(STANDARD)
        known = set(registry.names())
        for missing in {node.calculator_name for node in config.nodes} - known:
            registry.calculator(missing)(Anything)
        plan = Graph(config, registry).plan
        assert len(plan.nodes) == len(theirs["nodes"]), name
