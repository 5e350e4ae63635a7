"""Shamir's shares, masks, discrete noise, accounting, and RAPPOR."""

import json
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import ConfigError, ProtocolError
from firsthand.federated import Rappor, Tally, shamir
from firsthand.federated.accounting import Cost, Reach, deviation_for, epsilon_of
from firsthand.federated.masks import agreed, derived, mask, refuse_low_order
from firsthand.federated.noise import SharedNoise, table_of
from firsthand.federated.ring import all_neighbours, as_bits, from_bits, neighbours


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4),
    st.integers(1, 12),
    st.data(),
)
def test_any_threshold_of_shares_gives_the_secrets(values, threshold, data) -> None:
    holders = data.draw(
        st.lists(st.integers(1, 5_000), min_size=threshold, max_size=threshold + 6, unique=True)
    )
    shares = shamir.shares_of(shamir.to_limbs(values), np.array(holders), threshold)
    chosen = data.draw(st.permutations(range(len(holders))))[:threshold]
    some = np.stack([shares[chosen, secret] for secret in range(len(values))])
    which = np.tile(np.array(holders)[chosen], (len(values), 1))
    assert shamir.from_limbs(shamir.secrets_of(some, which)) == values


def test_fewer_shares_say_nothing() -> None:
    """One share less than needed: its numbers are as uniform for one secret as for another."""
    rng = np.random.default_rng(0)
    seen = []
    for secret in (bytes(32), b"\xff" * 32):
        limbs = shamir.to_limbs([secret])
        drawn = [
            shamir.shares_of(limbs, np.array([3, 8]), 2, rng.bytes)[0, 0, 0] for _ in range(4_000)
        ]
        seen.append(np.array(drawn) / shamir.PRIME)
    from scipy.stats import ks_2samp, kstest

    assert kstest(seen[0], "uniform").pvalue > 1e-3
    assert ks_2samp(*seen).pvalue > 1e-3


@pytest.mark.parametrize(
    ("holders", "match"),
    [([0, 1], "from 1 to"), ([1, 1], "but one share"), ([1, 2**31 - 1], "from 1 to")],
)
def test_holders_are_different_and_not_at_the_secret(holders, match) -> None:
    with pytest.raises(ProtocolError, match=match):
        shamir.shares_of(shamir.to_limbs([bytes(32)]), np.array(holders), 2)
    with pytest.raises(ProtocolError, match=match):
        shamir.secrets_of(np.zeros((1, 2, 9), np.uint64), np.array([holders]))


def test_shares_are_read_with_suspicion() -> None:
    share = shamir.to_limbs([bytes(range(32))])
    assert np.array_equal(np.frombuffer(shamir.to_bytes(share), "<u4"), share[0])
    with pytest.raises(ProtocolError, match="a secret has 32 bytes"):
        shamir.to_limbs([b"short"])
    with pytest.raises(ProtocolError, match="numbers below"):
        shamir.secrets_of(np.full((1, 1, 9), shamir.PRIME, np.uint64), np.array([[1]]))
    with pytest.raises(ProtocolError, match="threshold of 3"):
        shamir.shares_of(share, np.array([1, 2]), 3)
    assert shamir.from_limbs(np.full((1, 9), shamir.PRIME - 1, np.uint64)) == [None]


def test_numbers_that_are_too_large_are_drawn_again() -> None:
    drawn = iter([b"\xff\xff\xff\xff" * 9, b"\x05\x00\x00\x00" * 9])
    shares = shamir.shares_of(
        np.zeros((1, 9), np.uint64), np.array([1, 2]), 2, lambda _: next(drawn)
    )
    assert shares[:, 0, 0].tolist() == [5, 10]


@given(st.integers(1, 70_000), st.sampled_from(["<u4", "<u8"]))
@settings(max_examples=20, deadline=None)
def test_masks_cancel(length, dtype) -> None:
    total = np.arange(length, dtype=dtype)
    mask(total, bytes(range(32)))
    if length > 8:
        assert not np.array_equal(total, np.arange(length))
    mask(total, bytes(range(32)), subtract=True)
    assert np.array_equal(total, np.arange(length))


def test_a_mask_is_the_stream_of_aes_in_counter_mode() -> None:
    """The first blocks of FIPS 197's key under a counter from 0, by the block cipher itself."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import ECB

    key = bytes(range(16))
    block = Cipher(AES(key), ECB()).encryptor()
    assert block.update(bytes.fromhex("00112233445566778899aabbccddeeff")).hex() == (
        "69c4e0d86a7b0430d8cdb78070b4c55a"
    )
    total = np.zeros(8, "<u4")
    mask(total, key + bytes(16))
    assert total.tobytes() == block.update(bytes(16)) + block.update(bytes(15) + b"\x01")


def test_keys_are_bound_to_what_they_are_for() -> None:
    keys = {
        derived(b"s" * 32, b"c" * 32, "mask", 1, 2),
        derived(b"s" * 32, b"c" * 32, "mask", 2, 1),
        derived(b"s" * 32, b"c" * 32, "seal", 1, 2),
        derived(b"s" * 32, b"d" * 32, "mask", 1, 2),
        derived(b"t" * 32, b"c" * 32, "mask", 1, 2),
        derived(b"s" * 32, b"c" * 32, "mask", 1),
    }
    assert len(keys) == 6


@given(st.integers(4, 60), st.data())
def test_neighbours_are_mutual_and_as_many_as_asked(count, data) -> None:
    commitments = sorted(bytes([k]) + bytes(31) for k in range(count))
    degree = data.draw(st.integers(1, count - 1).filter(lambda k: k % 2 == 0 or k == count - 1))
    found = all_neighbours(commitments, b"context", degree)
    for place, near in enumerate(found):
        assert len(near) == degree
        assert near == sorted(set(near) - {place})
        assert near == neighbours(commitments, b"context", degree, place)
        assert all(place in found[other] for other in near)
    if count > 12 and degree < count - 1:
        assert found != all_neighbours(commitments, b"another", degree)


def test_graphs_that_cannot_be() -> None:
    commitments = [bytes([k]) * 32 for k in range(5)]
    for degree in (0, 3, 5):
        with pytest.raises(ProtocolError, match="cannot have"):
            neighbours(commitments, b"", degree, 0)
    with pytest.raises(ProtocolError, match="rising order"):
        neighbours(commitments[::-1], b"", 2, 0)
    assert len(neighbours([bytes([k]) * 32 for k in range(8)], b"", 3, 0)) == 3


@given(st.integers(1, 40), st.data())
def test_sets_are_packed_in_bits(count, data) -> None:
    some = data.draw(st.sets(st.integers(0, count - 1)))
    assert from_bits(as_bits(sorted(some), count), count) == some


def test_bits_past_the_end_are_refused() -> None:
    with pytest.raises(ProtocolError, match="past the last"):
        from_bits(b"\xff", 7)
    with pytest.raises(ProtocolError, match="takes 2 bytes: 1"):
        from_bits(b"\xff", 9)


@pytest.mark.parametrize("deviation", [4.0, 7.3, 60.0])
def test_draws_are_a_discrete_gaussian(deviation) -> None:
    table = table_of(deviation)
    reach = -table.first
    x = np.arange(-reach, reach + 1)
    wanted = np.exp(-(x**2) / (2 * deviation**2))
    wanted /= wanted.sum()
    ends = np.concatenate([[0.0], table.ends.astype(float) / 2.0**63])
    np.testing.assert_allclose(np.diff(ends), wanted, atol=1e-15)
    assert table.missing < 1e-15
    rng = np.random.default_rng(0)
    drawn = table.draw(100_000, rng.bytes)
    assert abs(drawn.mean()) < 5 * deviation / 300
    assert drawn.std() == pytest.approx(deviation, rel=0.02)
    lowest = int(table.draw(1, lambda count: bytes(count))[0])
    highest = int(table.draw(1, lambda count: b"\xff" * count)[0])
    assert -reach <= lowest < -8.5 * deviation
    assert 8.5 * deviation < highest <= reach


def test_noise_of_a_cohort_adds_up() -> None:
    noise = SharedNoise.of(5.0, 400)
    assert noise.local_deviation >= 4
    assert noise.apart < 1e-50
    assert noise.failing(1_000) < 1e-9
    total = sum(noise.draw(2_000) for _ in range(400)) / noise.scale
    assert total.std() == pytest.approx(5.0, rel=0.06)
    with pytest.raises(ConfigError, match="finer steps"):
        SharedNoise(5.0, 400, 1)
    with pytest.raises(ConfigError, match="too fine"):
        table_of(1e9)


def test_noise_is_never_drawn_from_a_seed() -> None:
    noise = SharedNoise.of(5.0, 4)
    assert not np.array_equal(noise.draw(100), noise.draw(100))


@pytest.mark.parametrize("reach", [Reach(1, 1), Reach(3, 2), Reach(5, 4, 6.0)])
@pytest.mark.parametrize("epsilon", [0.5, 4.0])
def test_noise_costs_what_was_asked(reach, epsilon) -> None:
    deviation = deviation_for(epsilon, 1e-6, reach)
    fine = None if reach.length is None else 64 * reach.length
    cost = Cost(64 * deviation, Reach(reach.numbers, 64 * reach.each, fine))
    assert cost.epsilon(1e-6) == pytest.approx(epsilon, rel=0.02)
    twice = epsilon_of([cost, cost], 1e-6)
    assert epsilon < twice < 2.1 * epsilon


def test_an_epsilon_is_that_of_the_exact_loss() -> None:
    """Of one number: delta = P[loss above epsilon] less its weight, summed over all integers."""
    deviation = 30.0
    epsilon = Cost(deviation, Reach(1, 10)).epsilon(1e-5)
    x = np.arange(-600, 601)
    p = np.exp(-(x**2) / (2 * deviation**2))
    p /= p.sum()
    q = np.exp(-((x - 10) ** 2) / (2 * deviation**2))
    q /= q.sum()
    delta = np.maximum(p - exp(epsilon) * q, 0).sum()
    assert delta == pytest.approx(1e-5, rel=0.02)


def test_accounting_knows_its_limits() -> None:
    cost = Cost(10.0, Reach(1, 1), failing=1e-3)
    assert cost.epsilon(1e-6) == float("inf")
    with pytest.raises(ConfigError, match="delta is between"):
        cost.epsilon(0.0)
    with pytest.raises(ConfigError, match="epsilon is above 0"):
        deviation_for(0.0, 1e-6, Reach(1, 1))
    mixed = epsilon_of([Cost(10.0, Reach(1, 1)), Cost(10.0, Reach(2, 2, 1.5))], 1e-6)
    assert mixed > Cost(10.0, Reach(1, 1)).epsilon(1e-6)


@pytest.mark.parametrize("each", [4, 64, 1_000])
def test_noise_grows_with_what_a_device_may_change_whatever_the_steps(each) -> None:
    """The search counts in few steps; what it finds holds in those of the sum."""
    found = deviation_for(2.0, 1e-6, Reach(3, each))
    assert found / each == pytest.approx(deviation_for(2.0, 1e-6, Reach(3, 1)), rel=2e-3)
    assert epsilon_of([Cost(found, Reach(3, each))], 1e-6) <= 2.0


def test_rappor_finds_what_many_devices_have() -> None:
    parameters = Rappor(bits=64, hashes=2, cohorts=8, f=0.25, p=0.1, q=0.9)
    rng = np.random.default_rng(4)
    truth = {"apple": 6_000, "pear": 3_000, "plum": 1_500, "quince": 12}
    tally = Tally(parameters)
    for value, count in truth.items():
        for _ in range(count):
            cohort = int(rng.integers(parameters.cohorts))
            permanent = parameters.permanent(value, cohort, rng.bytes)
            tally.add(cohort, parameters.report(permanent, rng.bytes))
    found = tally.decode([*truth, *(f"nobody's {k}" for k in range(60))])
    values = {each.name: each for each in found.estimates}
    assert {"apple", "pear", "plum"} <= values.keys()
    assert len(values.keys() - truth.keys()) <= 1
    for name in ("apple", "pear", "plum"):
        assert values[name].value == pytest.approx(truth[name], rel=0.2)
    assert found.devices == sum(truth.values())


def test_rappor_costs_what_the_paper_says() -> None:
    assert Rappor(hashes=2, f=0.5).epsilon == pytest.approx(2 * 2 * np.log(0.75 / 0.25))
    plain = Rappor(hashes=1, f=0.5, p=0.5, q=0.75)
    one = 0.25 * 1.25 + 0.5 * 0.75
    zero = 0.25 * 1.25 + 0.5 * 0.5
    assert plain.epsilon_once == pytest.approx(np.log(one * (1 - zero) / (zero * (1 - one))))
    assert plain.epsilon_once < plain.epsilon


def test_rappor_reads_reports_with_suspicion() -> None:
    tally = Tally(Rappor(bits=16, cohorts=2))
    for cohort, report in (
        (0, np.zeros(15, np.bool_)), (0, np.zeros(16)), (2, np.zeros(16, np.bool_)),
        (-1, np.zeros(16, np.bool_)),
    ):  # fmt: skip
        with pytest.raises(ProtocolError):
            tally.add(cohort, report)
    assert tally.decode(["x"]).estimates == ()
    with pytest.raises(ConfigError, match="no two alike"):
        tally.decode(["x", "x"])
    with pytest.raises(ConfigError, match="0 < f < 1"):
        Rappor(f=0.0)


def vectors(root, name):
    path = root / "federated" / "test_vectors" / "wycheproof" / name
    groups = json.loads(path.read_bytes())["testGroups"]
    return [(group, case) for group in groups for case in group["tests"]]


@pytest.mark.data
def test_agreement_is_wycheproof_s(data_root) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    cases = vectors(data_root, "x25519_test.json")
    agreed_on = refused = 0
    for _, case in cases:
        private = X25519PrivateKey.from_private_bytes(bytes.fromhex(case["private"]))
        public, shared = bytes.fromhex(case["public"]), case["shared"]
        if not int(shared, 16) or len(public) != 32:
            with pytest.raises(ProtocolError, match="nothing can be agreed with"):
                agreed(private, public)
            if len(public) == 32:  # the server refuses, without agreeing, the same
                with pytest.raises(ProtocolError, match="nothing can be agreed with"):
                    refuse_low_order(public)
            refused += 1
        else:
            refuse_low_order(public)
            assert agreed(private, public).hex() == shared
            agreed_on += 1
    assert agreed_on > 200
    assert refused > 5


@pytest.mark.data
def test_signatures_are_wycheproof_s(data_root) -> None:
    """As a bundle's: whatever is not valid there is not taken for signed here."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for group, case in vectors(data_root, "ed25519_test.json"):
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(group["publicKey"]["pk"]))
        signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
        if case["result"] == "valid":
            key.verify(signature, message)
        else:
            with pytest.raises(InvalidSignature):
                key.verify(signature, message)


@pytest.mark.data
def test_keys_are_derived_as_wycheproof_s(data_root) -> None:
    """HKDF with SHA-256, whose longest output is 255 blocks."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    refused = 0
    for _, case in vectors(data_root, "hkdf_sha256_test.json"):
        salt, info, secret = (bytes.fromhex(case[name]) for name in ("salt", "info", "ikm"))
        if case["result"] == "valid":
            found = HKDF(hashes.SHA256(), case["size"], salt or None, info).derive(secret)
            assert found.hex() == case["okm"]
        else:
            with pytest.raises(ValueError, match="large"):
                HKDF(hashes.SHA256(), case["size"], salt or None, info)
            refused += 1
    assert refused > 0


@pytest.mark.data
def test_sealing_is_wycheproof_s(data_root) -> None:
    """AES-GCM with nonces of 12 bytes, as shares are sealed: what was changed does not open."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    opened = refused = 0
    for group, case in vectors(data_root, "aes_gcm_test.json"):
        if group["ivSize"] != 96:
            continue
        key, nonce, aad, message, sealed, tag = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        if case["result"] == "valid":
            assert AESGCM(key).encrypt(nonce, message, aad) == sealed + tag
            assert AESGCM(key).decrypt(nonce, sealed + tag, aad) == message
            opened += 1
        else:
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(nonce, sealed + tag, aad)
            refused += 1
    assert opened > 50
    assert refused > 20
