"""The network over characters: its gradient is PyTorch's, and what it learnt is what it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import ConfigError
from firsthand.federated.words.network import NOTHING, Network

SMALL = Network("abc", 5)


def batch(network, *devices, longest=4):
    """Words of devices as one array, filled up with nothing."""
    rows = [network.encoded(words, longest) for words in devices]
    found = np.full((len(rows), max(map(len, rows)), longest + 1), NOTHING, np.int8)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found


def torch_loss(network, weights, words):
    """The same by PyTorch: the mean loss of a character, and its gradient."""
    import torch

    parts = network.parts(weights)
    gru = torch.nn.GRU(network.classes, network.hidden, batch_first=True)
    out = torch.nn.Linear(network.hidden, network.classes)
    values = {
        gru.weight_ih_l0: parts["seen"].T, gru.weight_hh_l0: parts["kept"].T,
        gru.bias_ih_l0: parts["bias"][0], gru.bias_hh_l0: parts["bias"][1],
        out.weight: parts["out"].T, out.bias: parts["last"],
    }  # fmt: skip
    with torch.no_grad():
        for parameter, value in values.items():
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    wanted = torch.from_numpy(words.astype(np.int64))
    before = torch.cat([torch.zeros_like(wanted[:, :1]), wanted[:, :-1]], 1).clamp(min=0)
    states, _ = gru(torch.nn.functional.one_hot(before, network.classes).float())
    loss = torch.nn.functional.cross_entropy(
        out(states).flatten(0, 1), wanted.flatten(), ignore_index=NOTHING
    )
    loss.backward()
    gradient = np.zeros(network.size, np.float32)
    into = network.parts(gradient)
    into["seen"][:], into["kept"][:] = gru.weight_ih_l0.grad.T, gru.weight_hh_l0.grad.T
    into["bias"][0], into["bias"][1] = gru.bias_ih_l0.grad, gru.bias_hh_l0.grad
    into["out"][:], into["last"][:] = out.weight.grad.T, out.bias.grad
    return loss.item(), gradient


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=5), st.integers(0, 99))
def test_its_gradient_is_pytorch_s(words, seed) -> None:
    weights = SMALL.begin(np.random.default_rng(seed))
    mine = batch(SMALL, words)
    loss, gradient = SMALL.loss(weights[None], mine)
    other, theirs = torch_loss(SMALL, weights, mine[0])
    assert loss[0] == pytest.approx(other, abs=1e-5)
    assert np.allclose(gradient[0], theirs, atol=1e-5)


def test_devices_do_not_know_of_each_other() -> None:
    """As rows of one call, with weights of their own or shared, or each in a call of its own."""
    rng = np.random.default_rng(0)
    weights = np.stack([SMALL.begin(rng) for _ in range(3)])
    devices = (["a", "bc"], ["cab"], [])
    words = batch(SMALL, *devices)
    losses, gradients = SMALL.loss(weights, words)
    for place, mine in enumerate(devices[:2]):
        loss, gradient = SMALL.loss(weights[place : place + 1], batch(SMALL, mine))
        assert losses[place] == pytest.approx(loss[0], abs=1e-6)
        assert np.allclose(gradients[place], gradient[0], atol=1e-6)
    assert losses[2] == 0
    assert not gradients[2].any()
    shared, same = SMALL.loss(weights[:1], words), SMALL.loss(weights[[0, 0, 0]], words)
    assert np.allclose(shared[0], same[0], atol=1e-6)
    assert np.allclose(shared[1], same[1], atol=1e-6)


def test_words_that_it_has_no_characters_for_are_left_out() -> None:
    found = SMALL.encoded(["ab", "abcab", "", "xa", "c"], 4)
    assert found.tolist() == [[1, 2, 0, -1, -1], [3, 0, -1, -1, -1]]
    assert SMALL.encoded([], 4).shape == (0, 5)


def test_it_says_what_it_learnt() -> None:
    network, rng = Network("abcdefgh", 24), np.random.default_rng(0)
    words = ["bad", "bead", "cafe", "face"]
    weights, there = network.begin(rng)[None], batch(network, words, longest=6)
    first, _ = network.loss(weights, there)
    for _ in range(400):
        weights = weights - 2.0 * network.loss(weights, there)[1]
    last, _ = network.loss(weights, there)
    assert last[0] < 0.4 < first[0]
    said = network.sample(weights[0], 500, 6, rng)
    assert len(said) > 450
    assert np.mean([word in words for word in said]) > 0.9
    assert set(words) <= set(said)


@pytest.mark.parametrize("wrong", [{"characters": ""}, {"characters": "aa"}, {"hidden": 0}])
def test_networks_that_cannot_be(wrong) -> None:
    with pytest.raises(ConfigError):
        Network(**wrong)
