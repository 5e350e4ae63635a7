"""Bad input and attacks: each is refused, with words; an honest round goes on where it can."""

import copy
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from rounds import ASSUMED, BINS, QUESTION, Round, equal, plan_for

from firsthand.errors import (
    AbortedRoundError,
    BudgetError,
    ConfigError,
    FirsthandError,
    InputError,
    ProtocolError,
    RefusalError,
)
from firsthand.federated import (
    Assumed,
    Authority,
    Budget,
    Histogram,
    Identity,
    Ledger,
    Mean,
    Plan,
    Rules,
    SignedPlan,
    messages,
    planned,
    ring,
)
from firsthand.federated.degree import Degree
from firsthand.federated.device import Stage
from firsthand.federated.keys import Bundle, RoundKeys

WRONG_COST = {"deviation": "x", "reach": {"numbers": 1, "each": 1}, "apart": 0, "failing": 0}


def parts_of(data, kind, a_round):
    return messages.unpacked(data, kind, a_round.plan.round_id, 10**8)


def rewritten(data, kind, a_round, change):
    parts = change(*parts_of(data, kind, a_round))
    return messages.packed(kind, a_round.plan.round_id, *parts)


def refused(device, data, match, kind=ProtocolError):
    """Say that a device refuses a message, and is where it was before."""
    before = device.stage
    with pytest.raises(kind, match=match):
        device.receive(data)
    assert device.stage is before


@pytest.fixture
def at_consent():
    """A round in which one device is gone, and all others were told who survived."""
    a_round = Round()
    a_round.go_to("vectors")
    a_round.step({a_round.publics[3]})
    return a_round


class TestSurvivors:
    def test_a_device_is_not_both_alive_and_gone(self, at_consent) -> None:
        victim = at_consent.devices[at_consent.publics[0]]
        message = at_consent.outbox[at_consent.publics[0]]
        both = rewritten(
            message,
            messages.SURVIVORS,
            at_consent,
            lambda alive, gone: (alive, ring.as_bits([3, 5], 12)),
        )
        refused(victim, both, "both alive and gone")
        victim.receive(message)  # the honest message still counts

    def test_two_stories_give_no_shares(self, at_consent) -> None:
        """Half the devices are told that a survivor is gone: neither story gets enough names."""

        def other(alive, gone):
            kept = ring.from_bits(alive, 12) - {7}
            return ring.as_bits(sorted(kept), 12), ring.as_bits([3, 7], 12)

        publics = [public for public in at_consent.publics if public in at_consent.outbox]
        told = {}
        for place, public in enumerate(publics):
            message = at_consent.outbox[public]
            if place % 2 and public != at_consent.publics[7]:
                message = rewritten(message, messages.SURVIVORS, at_consent, other)
            told[public] = at_consent.devices[public].receive(message)
        for public in publics:
            at_consent.server.receive(public, told[public])
        for public, message in at_consent.server.advance().items():
            refused(at_consent.devices[public], message, "neighbours signed the same", RefusalError)

    def test_another_story_after_the_first_is_not_signed(self, at_consent) -> None:
        public = at_consent.publics[0]
        message = at_consent.outbox[public]
        at_consent.devices[public].receive(message)
        refused(at_consent.devices[public], message, "expected a consents message")

    def test_a_device_that_is_left_out_gives_no_shares(self, at_consent) -> None:
        public = at_consent.publics[0]
        without = rewritten(
            at_consent.outbox[public],
            messages.SURVIVORS,
            at_consent,
            lambda alive, gone: (
                ring.as_bits(sorted(ring.from_bits(alive, 12) - {0}), 12),
                ring.as_bits([0, 3], 12),
            ),
        )
        refused(at_consent.devices[public], without, "vector is left out")

    def test_neighbours_do_not_vanish_between_alive_and_gone(self, at_consent) -> None:
        public = at_consent.publics[0]
        vanished = rewritten(
            at_consent.outbox[public],
            messages.SURVIVORS,
            at_consent,
            lambda alive, gone: (alive, ring.as_bits([], 12)),
        )
        refused(at_consent.devices[public], vanished, r"and no others: \[3\]")

    def test_sums_over_fewer_than_planned_are_not_unmasked(self, at_consent) -> None:
        public = at_consent.publics[0]
        few = rewritten(
            at_consent.outbox[public],
            messages.SURVIVORS,
            at_consent,
            lambda *_: (ring.as_bits(range(7), 12), ring.as_bits(range(7, 12), 12)),
        )
        refused(at_consent.devices[public], few, "a sum over 7 devices", RefusalError)

    def test_a_vector_that_too_few_neighbours_could_unmask_is_not(self) -> None:
        a_round = Round(plan=plan_for(12, degree=Degree(11, 9)))
        a_round.go_to("consents")
        public = a_round.publics[0]
        lonely = rewritten(
            a_round.outbox[public],
            messages.SURVIVORS,
            a_round,
            lambda *_: (ring.as_bits(range(8), 12), ring.as_bits(range(8, 12), 12)),
        )
        refused(a_round.devices[public], lonely, "too few neighbours survived", RefusalError)

    def test_there_is_a_signature_of_each_neighbour_or_a_gap(self, at_consent) -> None:
        at_consent.step()
        public, message = next(iter(at_consent.outbox.items()))
        for change in (lambda given: [given[:-1]], lambda given: [[*given, b""]]):
            wrong = rewritten(message, messages.CONSENTS, at_consent, change)
            refused(at_consent.devices[public], wrong, r"\d+ signatures of 11")

    def test_a_late_vector_of_a_device_declared_gone_is_not_taken(self, at_consent) -> None:
        late = at_consent.publics[3]
        before = at_consent.server._sum.copy()
        with pytest.raises(ProtocolError, match="not, or no longer, in the round"):
            at_consent.server.receive(late, at_consent.devices[late].receive(_sealed(at_consent)))
        assert np.array_equal(at_consent.server._sum, before)
        total = at_consent.finish()
        assert equal(total, at_consent.sum_over(set(at_consent.devices) - {late}))

    def test_signatures_of_other_devices_and_rounds_do_not_count(self, at_consent) -> None:
        at_consent.step()
        public = at_consent.publics[0]
        message = at_consent.outbox[public]
        (signatures,) = parts_of(message, messages.CONSENTS, at_consent)
        turned = [*signatures[1:], signatures[0]]
        swapped = messages.packed(messages.CONSENTS, at_consent.plan.round_id, turned)
        refused(at_consent.devices[public], swapped, "0 neighbours signed", RefusalError)
        at_consent.devices[public].receive(message)


def _sealed(a_round):
    """What the server had sent the device that stayed silent in the phase of vectors."""
    mine = a_round.publics[3]
    near = a_round.server._near[3]
    sealed = [a_round.server._sealed[other][a_round.server._near[other].index(3)] for other in near]
    assert mine in a_round.devices
    return messages.packed(messages.SEALED, a_round.plan.round_id, sealed)


class TestUnmasking:
    def test_shares_are_given_once(self, at_consent) -> None:
        at_consent.step()
        public = at_consent.publics[0]
        message = at_consent.outbox[public]
        at_consent.devices[public].receive(message)
        refused(at_consent.devices[public], message, "said all it says")

    def test_nor_again_after_a_restart(self, tmp_path) -> None:
        path = tmp_path / "ledger.json"
        budgets = {"letters": Budget(100.0, exact=True)}
        a_round = Round()
        public = next(iter(a_round.devices))
        a_round.devices[public]._ledger = Ledger(budgets, path)
        a_round.go_to("unmasking")
        snapshot = copy.copy(a_round.devices[public])  # as a device that kept its state would be
        a_round.devices[public].receive(a_round.outbox[public])
        snapshot._ledger = Ledger(budgets, path)
        refused(snapshot, a_round.outbox[public], "shares are sent once", RefusalError)
        with pytest.raises(RefusalError, match="took part in the round already"):
            a_round.device(Identity.enrolled(a_round.authority), ledger=Ledger(budgets, path))

    @pytest.mark.parametrize(
        ("change", "match"),
        [
            (lambda shares: [b"\xff" * 35, *shares[1:]], "a share takes 36 bytes"),
            (lambda shares: shares[1:], "11 shares are expected, not 10"),
        ],
    )
    def test_shares_of_a_wrong_length_are_not_taken(self, at_consent, change, match) -> None:
        at_consent.step()
        public = at_consent.publics[0]
        answer = at_consent.devices[public].receive(at_consent.outbox[public])
        bad = rewritten(answer, messages.UNMASK, at_consent, lambda shares: (change(shares),))
        with pytest.raises(ProtocolError, match=match):
            at_consent.server.receive(public, bad)
        at_consent.server.receive(public, answer)

    @pytest.mark.parametrize("wrong", [b"\xff" * 36, bytes(36), b"\x01" + bytes(35)])
    def test_wrong_shares_of_a_few_are_seen_and_left_out(self, at_consent, wrong) -> None:
        """Out of the field, or of another value: the secrets are checked, and others are taken."""
        at_consent.step()

        def bad(message):
            return rewritten(
                message,
                messages.UNMASK,
                at_consent,
                lambda shares: ([wrong if each else each for each in shares],),
            )

        for place, public in enumerate(list(at_consent.outbox)):
            at_consent.send(public, bad if place in (1, 4) else lambda message: message)
        at_consent.advance()
        gone = at_consent.publics[3]
        total = at_consent.server.total()
        assert equal(total, at_consent.sum_over(set(at_consent.devices) - {gone}))

    def test_wrong_shares_of_many_end_the_round(self, at_consent) -> None:
        at_consent.step()
        for public in list(at_consent.outbox):
            at_consent.send(
                public,
                lambda message: rewritten(
                    message,
                    messages.UNMASK,
                    at_consent,
                    lambda shares: ([bytes(36) if each else each for each in shares],),
                ),
            )
        with pytest.raises(AbortedRoundError, match="shares of it are wrong"):
            at_consent.advance()


class TestKeys:
    def roster(self, change_bundles=lambda bundles: bundles, change=lambda joined: joined):
        a_round = Round()
        a_round.step()
        public = a_round.publics[0]
        message = rewritten(
            a_round.outbox[public],
            messages.ROSTER,
            a_round,
            lambda joined, bundles: (change(joined), change_bundles(bundles)),
        )
        return a_round, a_round.devices[public], message

    def forged(self, a_round, forge):
        """A round in which a bundle is forged before all commitments are made, as a server could.

        `forge` makes bytes from the honest bundle of the second device.
        """
        honest = [device._bundle for device in a_round.devices.values()]
        bundles = [honest[0], Bundle.parsed(forge(honest[1])), *honest[2:]]
        bundles.sort(key=lambda bundle: bundle.commitment)
        victim = a_round.devices[honest[0].device]
        near = [each.data for each in bundles if each is not honest[0]]
        joined = b"".join(bundle.commitment for bundle in bundles)
        return victim, messages.packed(messages.ROSTER, a_round.plan.round_id, joined, near)

    def test_a_man_in_the_middle_needs_an_enrolled_device(self) -> None:
        a_round = Round()
        outside = Identity.enrolled(Authority())
        keys = RoundKeys(X25519PrivateKey.generate(), X25519PrivateKey.generate(), bytes(32))
        made = Bundle.made(outside, keys, a_round.signed.context)
        victim, message = self.forged(a_round, lambda _: made.data)
        refused(victim, message, "was never enrolled")

    def test_keys_are_signed_by_the_device_itself(self) -> None:
        a_round = Round()
        mine = X25519PrivateKey.generate().public_key().public_bytes_raw()

        def forge(bundle):
            return Bundle(
                bundle.device, bundle.certificate, mine, bundle.masking, bundle.seed_sum,
                bundle.signature,
            ).data  # fmt: skip

        refused(*self.forged(a_round, forge), "did not sign these keys")

    def test_keys_of_another_round_are_not_taken_again(self) -> None:
        a_round = Round()
        other = SignedPlan.made(plan_for(12), a_round.planner)
        publics = list(a_round.devices)
        identity = a_round.devices[publics[1]]._identity
        old = a_round.device(identity, signed=other)._bundle
        refused(*self.forged(a_round, lambda _: old.data), "did not sign these keys")
        with pytest.raises(ProtocolError, match="did not sign these keys"):
            a_round.server.receive(
                publics[1], messages.packed(messages.ADVERTISE, a_round.plan.round_id, old.data)
            )

    def signed_again(self, a_round, **changed):
        """A bundle that its device itself signed, with some keys changed: it is corrupt."""

        def forge(bundle):
            parts = {
                name: changed.get(name, getattr(bundle, name))
                for name in ("sealing", "masking", "seed_sum")
            }
            key = a_round.devices[bundle.device]._identity.key
            signed = b"firsthand round keys 1\0" + a_round.signed.context + b"".join(parts.values())
            return Bundle(
                bundle.device, bundle.certificate, **parts, signature=key.sign(signed)
            ).data

        return self.forged(a_round, forge)

    @pytest.mark.parametrize("name", ["sealing", "masking"])
    def test_one_s_own_key_does_not_come_back(self, name) -> None:
        a_round = Round()
        mine = getattr(next(iter(a_round.devices.values()))._bundle, name)
        victim, message = self.signed_again(a_round, **{name: mine})
        refused(victim, message, f"the same {name} key")

    def test_a_key_serves_for_one_thing(self) -> None:
        a_round = Round()
        mine = next(iter(a_round.devices.values()))._bundle.masking
        victim, message = self.signed_again(a_round, sealing=mine)
        refused(victim, message, "serves for sealing and for masks")

    @pytest.mark.parametrize("point", [0, 1])
    @pytest.mark.parametrize("name", ["sealing", "masking"])
    def test_keys_of_low_order_are_refused(self, point, name) -> None:
        a_round = Round()
        low = point.to_bytes(32, "little")
        refused(*self.signed_again(a_round, **{name: low}), "nothing can be agreed with")

    @pytest.mark.parametrize("name", ["sealing", "masking", "seed_sum"])
    @pytest.mark.parametrize("own", [True, False])
    def test_the_server_takes_no_keys_that_would_end_the_round(self, name, own) -> None:
        """Of low order, or another's: an honest round of the others goes on without the device."""
        a_round = Round()
        first, second = list(a_round.devices)[:2]
        a_round.send(first)
        bad = bytes(32) if own else getattr(a_round.devices[first]._bundle, name)
        if own and name == "seed_sum":
            bad = a_round.devices[second]._bundle.masking
        _, message = self.signed_again(a_round, **{name: bad})
        (_, bundles) = parts_of(message, messages.ROSTER, a_round)
        forged = next(each for each in bundles if Bundle.parsed(each).device == second)
        with pytest.raises(ProtocolError, match=r"shown already|nothing can be agreed with"):
            a_round.server.receive(
                second, messages.packed(messages.ADVERTISE, a_round.plan.round_id, forged)
            )
        for public in list(a_round.devices)[2:]:
            a_round.send(public)
        a_round.advance()
        assert equal(a_round.finish(), a_round.sum_over(set(a_round.devices) - {second}))

    def test_keys_have_their_length(self) -> None:
        a_round = Round()
        public = next(iter(a_round.devices))
        with pytest.raises(ProtocolError, match="take 256 bytes, not 255"):
            a_round.server.receive(
                public, messages.packed(messages.ADVERTISE, a_round.plan.round_id, bytes(255))
            )
        with pytest.raises(ProtocolError, match="has 32 bytes, not 31"):
            a_round.authority.enrol(bytes(31))

    def test_a_full_round_takes_no_more(self) -> None:
        a_round = Round(13, plan=plan_for(12))
        *others, last = a_round.devices
        for public in others:
            a_round.send(public)
        with pytest.raises(ProtocolError, match="the round is full: 12 devices"):
            a_round.send(last)

    def test_there_is_no_sum_before_the_end(self, at_consent) -> None:
        with pytest.raises(ProtocolError, match="not over: there is no sum yet"):
            at_consent.server.total()
        at_consent.finish()
        with pytest.raises(ProtocolError, match="the round is over"):
            at_consent.server.advance()

    def test_a_device_does_not_come_twice(self) -> None:
        a_round = Round()
        public = next(iter(a_round.devices))
        a_round.send(public)
        with pytest.raises(ProtocolError, match="has shown its keys already"):
            a_round.server.receive(public, a_round.devices[public].advertise())
        with pytest.raises(ProtocolError, match="shows another's keys"):
            a_round.server.receive(list(a_round.devices)[1], a_round.devices[public].advertise())

    def test_bundles_are_those_committed(self) -> None:
        _, victim, message = self.roster(lambda bundles: [*bundles[1:], bundles[0]])
        refused(victim, message, "not those that were committed")

    def test_the_server_does_not_choose_the_graph(self) -> None:
        """Of sixty devices a victim is given others than those that the hash says."""
        harmless = Assumed(0.0, 0.02, "honest")
        plan = plan_for(60, least=58, assumed=harmless, degree=Degree(8, 5))
        a_round = Round(60, plan, Rules(least=50, threshold=2, assumed=harmless))
        a_round.step()
        order = a_round.server._order
        far = next(p for p in range(1, 60) if p not in a_round.server._near[0])
        victim = a_round.devices[order[0].device]
        chosen = rewritten(
            a_round.outbox[order[0].device],
            messages.ROSTER,
            a_round,
            lambda joined, bundles: (joined, [order[far].data, *bundles[1:]]),
        )
        refused(victim, chosen, "not those that were committed")

    @pytest.mark.parametrize(
        ("change", "match"),
        [
            (lambda joined: joined[:-1], "commitments take 32 bytes"),
            (lambda joined: joined[32:], "without this device"),
            (lambda joined: joined[:32] * 2 + joined[64:], "rising order"),
            (lambda joined: joined[:32] * 5, "a round of 5 devices"),
        ],
    )
    def test_rosters_are_whole(self, change, match) -> None:
        _, victim, message = self.roster(change=change)
        refused(victim, message, match)

    def test_fewer_bundles_than_neighbours(self) -> None:
        _, victim, message = self.roster(lambda bundles: bundles[1:])
        refused(victim, message, "10 neighbours' keys, of 11")


class TestShares:
    def test_sealed_shares_of_others_do_not_open(self) -> None:
        """Swapped between devices: nothing of them is given, and the round survives."""
        a_round = Round()
        a_round.go_to("vectors")
        one, other = a_round.publics[2], a_round.publics[8]
        a_round.outbox[one], a_round.outbox[other] = a_round.outbox[other], a_round.outbox[one]
        total = a_round.finish()
        assert equal(total, a_round.sum_over(a_round.devices))

    def test_sealed_shares_of_another_round_do_not_open(self) -> None:
        first, second = Round(), None
        first.go_to("vectors")
        second = Round()
        second.go_to("vectors")
        (old,) = parts_of(first.outbox[first.publics[0]], messages.SEALED, first)
        victim = second.publics[0]
        second.outbox[victim] = messages.packed(messages.SEALED, second.plan.round_id, old)
        assert equal(second.finish(), second.sum_over(second.devices))

    def test_too_few_shares_are_not_enough_to_send_a_vector(self) -> None:
        a_round = Round()
        a_round.go_to("vectors")
        public = a_round.publics[0]
        few = rewritten(
            a_round.outbox[public],
            messages.SEALED,
            a_round,
            lambda sealed: ([*sealed[:6], *[b""] * 5],),
        )
        refused(a_round.devices[public], few, "6 neighbours are left, and 7", RefusalError)

    @pytest.mark.parametrize(
        ("change", "match"),
        [
            (lambda sealed: sealed[1:], "10 sealed shares of 11"),
            (lambda sealed: [b"x", *sealed[1:]], r"take 88 bytes or none, not \[1\]"),
        ],
    )
    def test_sealed_shares_have_their_length(self, change, match) -> None:
        a_round = Round()
        a_round.go_to("vectors")
        public = a_round.publics[0]
        bad = rewritten(
            a_round.outbox[public], messages.SEALED, a_round, lambda sealed: (change(sealed),)
        )
        refused(a_round.devices[public], bad, match)


class TestPlans:
    def joins(self, plan, rules=None, ledger=None):
        a_round = Round()
        return a_round.device(
            Identity.enrolled(a_round.authority),
            signed=SignedPlan.made(plan, a_round.planner),
            rules=rules,
            ledger=ledger,
        )

    def test_a_plan_that_nobody_signed(self) -> None:
        a_round = Round()
        stranger = SignedPlan.made(plan_for(12), Ed25519PrivateKey.generate())
        with pytest.raises(ProtocolError, match="nobody who may ask has signed"):
            a_round.device(Identity.enrolled(a_round.authority), signed=stranger)

    def test_a_plan_changed_after_it_was_signed(self) -> None:
        a_round = Round()
        data = a_round.signed.data.replace(b'"least":8', b'"least":3')
        with pytest.raises(ProtocolError, match="nobody who may ask has signed"):
            a_round.device(
                Identity.enrolled(a_round.authority),
                signed=SignedPlan(data, a_round.signed.signature),
            )

    def test_cohorts_below_the_device_s_own_least(self) -> None:
        with pytest.raises(RefusalError, match="takes part among 20"):
            self.joins(plan_for(12), Rules())

    def test_thresholds_below_what_is_safe(self) -> None:
        low = plan_for(12, degree=Degree(11, 3))
        a_round = Round(12, low)
        a_round.step()
        public = a_round.publics[0]
        refused(
            a_round.devices[public], a_round.outbox[public],
            "a threshold of 3 among 12 devices are not safe", RefusalError,
        )  # fmt: skip

    def test_plans_that_assume_less_than_the_device_does(self) -> None:
        plan = plan_for(12, assumed=Assumed(0.0, 0.1, "honest"), degree=Degree(11, 4))
        a_round = Round(12, plan)
        a_round.step()
        public = a_round.publics[0]
        refused(a_round.devices[public], a_round.outbox[public], "are not safe under", RefusalError)

    def test_a_modulus_too_small_for_the_sum(self) -> None:
        data = plan_for(12, bits=64).to_bytes().replace(b'"each":9', b'"each":500000000')
        assert Plan.parsed(data).bits == 64
        with pytest.raises(ProtocolError, match="does not hold"):
            Plan.parsed(data.replace(b'"bits":64', b'"bits":32'))

    def test_different_plans_for_different_devices_share_no_keys(self) -> None:
        """Half the devices are given another question: their keys do not fit the others'."""
        a_round = Round()
        other = SignedPlan.made(
            plan_for(12, round_id=a_round.plan.round_id, least=7), a_round.planner
        )
        publics = list(a_round.devices)
        for public in publics[6:]:
            identity = a_round.devices[public]._identity
            rules = Rules(least=7, threshold=2, assumed=ASSUMED)
            a_round.devices[public] = a_round.device(identity, signed=other, rules=rules)
        for public in publics[:6]:
            a_round.send(public)
        for public in publics[6:]:
            with pytest.raises(ProtocolError, match="did not sign these keys"):
                a_round.send(public)
        with pytest.raises(AbortedRoundError, match="6 devices came"):
            a_round.advance()

    @pytest.mark.parametrize(
        "data",
        [
            b"", b"{}", b"[]", b"null", b"\xff", b'{"version":1}', b"9" * 5000, b"[" * 100_000,
            plan_for(12).to_bytes()[:-1],
            plan_for(12).to_bytes().replace(b'"version":1', b'"version":2'),
            plan_for(12).to_bytes().replace(b'"kind":"histogram"', b'"kind":"everything"'),
            plan_for(12).to_bytes().replace(b'"kind"', b'"more":1,"kind"'),
            plan_for(12).to_bytes().replace(b'"least":8', b'"least":8.5'),
            plan_for(12).to_bytes().replace(b'"least":8', b'"least":true'),
            plan_for(12).to_bytes().replace(b'"corrupt":0.05', b'"corrupt":NaN'),
            plan_for(12).to_bytes().replace(b'"delta":1e-06', b'"delta":NaN'),
            plan_for(12).to_bytes().replace(b'"most":4', b'"most":1e400'),
            plan_for(12).to_bytes().replace(b'"malicious"', b'"kind"'),
            plan_for(12).to_bytes().replace(b'"degree":null', b'"degree":{"neighbours":"x"}'),
            plan_for(12, degree=Degree(11, 7)).to_bytes().replace(b'd":7', b'd":"7"'),
            plan_for(12).to_bytes().replace(
                b'"noise":null', b'"noise":{"deviation":1e999,"scale":1,"sharers":2}'
            ),
        ],
    )  # fmt: skip
    def test_plans_that_are_none(self, data) -> None:
        with pytest.raises(ProtocolError):
            Plan.parsed(data)

    @pytest.mark.parametrize(
        ("changed", "match"),
        [
            ({"least": 2}, "at least 3 devices"),
            ({"least": 13}, "at least 3 devices"),
            ({"bits": 16}, r"not 2\*\*16"),
            ({"round_id": b"short"}, "named by 16 bytes, not 5"),
            ({"delta": 0.0}, "delta is between 0 and 1"),
        ],
    )
    def test_plans_that_cannot_be(self, changed, match) -> None:
        with pytest.raises(ConfigError, match=match):
            plan_for(12, **changed)

    def test_a_plan_has_its_fields_and_no_others(self) -> None:
        entry = json.loads(plan_for(12).to_bytes())
        for wrong in ({**entry, "more": 1}, {k: v for k, v in entry.items() if k != "bits"}, [1]):
            with pytest.raises(ProtocolError, match="no more and no less"):
                Plan.parsed(json.dumps(wrong).encode())

    def test_noise_needs_an_honest_device(self) -> None:
        with pytest.raises(ConfigError, match="none is sure to be honest"):
            planned(QUESTION, least=12, most=40, assumed=Assumed(0.3, 0.1, "honest"), epsilon=1.0)

    def test_plans_are_of_a_size_that_can_be_read(self, monkeypatch) -> None:
        monkeypatch.setattr("firsthand.federated.plan.LARGEST_PLAN", 100)
        with pytest.raises(ProtocolError, match="a plan of 101 bytes; 100 are the most"):
            Plan.parsed(b" " * 101)
        for size in (0, 64, 165):
            with pytest.raises(ProtocolError, match=f"a signed plan of {size} bytes"):
                SignedPlan.parsed(bytes(size))

    def test_a_plan_comes_back_from_its_bytes(self) -> None:
        for plan in (
            plan_for(12),
            planned(Mean("minutes", 0, 60), least=30, most=40, epsilon=1.0),
            plan_for(500, degree=Degree(76, 31), assumed=Assumed(0.1, 0.3, "honest")),
        ):
            assert Plan.parsed(plan.to_bytes()) == plan


class TestData:
    @pytest.mark.parametrize(
        ("numbers", "match"),
        [
            (np.zeros(3, np.int64), r"whole numbers \(4,\)"),
            (np.zeros((4, 1), np.int64), r"whole numbers \(4,\)"),
            (np.zeros(4), "float64"),
            (np.array([1, 2, 3, 10]), "numbers from 0 to 9"),
            (np.array([1, 2, 3, -1]), "numbers from 0 to 9"),
        ],
    )
    def test_a_device_reports_what_the_question_allows_or_nothing(self, numbers, match) -> None:
        a_round = Round()
        public = next(iter(a_round.devices))
        a_round.values[public] = numbers
        a_round.go_to("vectors")
        refused(a_round.devices[public], a_round.outbox[public], match)
        assert a_round.devices[public]._ledger.stage(a_round.plan.round_id) is None

    def test_records_that_are_no_numbers(self) -> None:
        for bad in ([float("nan")], ["x"], [[1.0]], [float("inf")]):
            with pytest.raises(InputError, match="minutes"):
                Mean("minutes", 0, 60).local(bad)

    def test_more_bins_than_a_device_may_change(self) -> None:
        plan = Plan(Histogram("letters", BINS, most=1, each=1), 8, 12, ASSUMED)
        with pytest.raises(ProtocolError, match="changes more of the sum"):
            plan.encoded(np.array([1, 1, 0, 0]))

    @pytest.mark.parametrize(
        ("phase", "kind", "part", "match"),
        [
            ("shares", messages.SHARES, [b"x" * 88] * 3, "sealed shares of 88 bytes are expected"),
            ("shares", messages.SHARES, [b"x" * 9] * 11, "sealed shares of 88 bytes are expected"),
            ("consents", messages.CONSENT, b"x" * 63, "a signature takes 64 bytes, not 63"),
        ],
    )
    def test_what_a_device_sends_has_its_size(self, phase, kind, part, match) -> None:
        a_round = Round()
        a_round.go_to(phase)
        public = a_round.publics[0]
        with pytest.raises(ProtocolError, match=match):
            a_round.server.receive(public, messages.packed(kind, a_round.plan.round_id, part))
        assert equal(a_round.finish(), a_round.sum_over(a_round.devices))

    def test_vectors_have_their_length(self) -> None:
        a_round = Round()
        a_round.go_to("vectors")
        public = a_round.publics[0]
        with pytest.raises(ProtocolError, match="a vector takes 16 bytes, not 20"):
            a_round.send(
                public,
                lambda data: rewritten(
                    data, messages.MASKED, a_round, lambda vector: (vector + bytes(4),)
                ),
            )


class TestBudgets:
    def test_differences_of_cohorts_are_paid_for(self) -> None:
        """The same question again and again, with and without a device: soon nobody answers."""
        ledger = Ledger({"letters": Budget(3.0, 1e-5)})
        plan = planned(QUESTION, least=30, most=40, epsilon=1.0, assumed=ASSUMED)

        def ask_until_refused():
            for number in range(50):
                asked.append(number)
                ledger.masked(bytes([number]) * 16, "letters", plan.cost)

        asked: list[int] = []
        with pytest.raises(BudgetError, match="its budget is epsilon 3"):
            ask_until_refused()
        assert 3 < len(asked) <= 20
        assert ledger.epsilon("letters") <= 3.0

    def test_a_device_does_not_join_what_it_cannot_pay_for(self) -> None:
        plan = planned(QUESTION, least=30, most=40, epsilon=1.0, assumed=ASSUMED)
        for budget, match in (
            ({"letters": Budget(0.5)}, "budget is epsilon 0.5"),
            ({}, "no questions are allowed about 'letters'"),
        ):
            with pytest.raises(BudgetError, match=match):
                TestPlans().joins(plan, ledger=Ledger(budget))
        with pytest.raises(BudgetError, match="exact sums are not allowed"):
            TestPlans().joins(plan_for(12), ledger=Ledger({"letters": Budget(9.0)}))

    def test_what_was_spent_outlives_a_restart(self, tmp_path) -> None:
        path = tmp_path / "ledger.json"
        budgets = {"letters": Budget(1.2, 1e-5)}
        plan = planned(QUESTION, least=30, most=40, epsilon=1.0, assumed=ASSUMED)
        Ledger(budgets, path).masked(plan.round_id, "letters", plan.cost)
        again = Ledger(budgets, path)
        assert 0.8 < again.epsilon("letters") <= 1.0
        assert again.stage(plan.round_id) == "masked"
        with pytest.raises(RefusalError, match="a vector was sent already"):
            again.masked(plan.round_id, "letters", plan.cost)
        with pytest.raises(BudgetError):
            again.masked(bytes(16), "letters", plan.cost)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"{}",
            b'{"format":9}',
            b"[1]",
            b"\xff\xfe",
            json.dumps({"format": 1, "rounds": {}, "spent": {"x": [WRONG_COST]}}).encode(),
        ],
    )
    def test_a_damaged_ledger_pays_for_nothing(self, tmp_path, data) -> None:
        path = tmp_path / "ledger.json"
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"ledger\.json"):
            Ledger({}, path)

    @pytest.mark.parametrize(
        ("changed", "match"),
        [
            ({"format": 2}, "is of another version"),
            ({"rounds": {"ab": "begun"}}, "at stages that there are not"),
        ],
    )
    def test_a_ledger_of_another_kind_pays_for_nothing(self, tmp_path, changed, match) -> None:
        path = tmp_path / "ledger.json"
        path.write_text(json.dumps({"format": 1, "spent": {}, "rounds": {}} | changed))
        with pytest.raises(InputError, match=match):
            Ledger({"letters": Budget(1.0)}, path)

    @pytest.mark.parametrize("wrong", [{"epsilon": -1.0}, {"epsilon": 1.0, "delta": 0.0}])
    def test_budgets_that_cannot_be(self, wrong) -> None:
        with pytest.raises(ConfigError, match="epsilon of 0 or more"):
            Budget(**wrong)

    def test_noise_is_shared_by_devices_that_are_sure_to_add_it(self) -> None:
        plan = planned(QUESTION, least=30, most=40, epsilon=1.0, assumed=ASSUMED)
        assert plan.noise.sharers == 28  # two of forty may be corrupt
        with pytest.raises(ConfigError, match="noise is shared by 28 devices, of whom as few as 8"):
            Plan(QUESTION, 10, 40, ASSUMED, plan.noise)


class TestMessages:
    def test_each_message_counts_once(self) -> None:
        a_round = Round()
        public = next(iter(a_round.devices))
        for _ in range(5):
            for each in list(a_round.outbox):
                message = a_round.send(each)
                if each == public:
                    with pytest.raises(ProtocolError, match="already"):
                        a_round.server.receive(public, message)
            a_round.advance()
        assert equal(a_round.server.total(), a_round.sum_over(a_round.devices))
        with pytest.raises(ProtocolError, match="the round is over"):
            a_round.server.receive(public, message)
        with pytest.raises(ProtocolError, match="the round is over"):
            a_round.server.advance()

    def test_at_once_too(self) -> None:
        a_round = Round()
        a_round.go_to("vectors")
        public = a_round.publics[0]
        device, data = a_round.devices[public], a_round.outbox[public]

        def tried(call):
            try:
                return call()
            except ProtocolError:
                return None

        with ThreadPoolExecutor(8) as pool:
            answers = [
                x for x in pool.map(lambda _: tried(lambda: device.receive(data)), range(8)) if x
            ]
            assert len(answers) == 1
            again = [answers[0]] * 8
            taken = pool.map(
                lambda message: tried(lambda: a_round.server.receive(public, message) or True),
                again,
            )
            assert sum(filter(None, taken)) == 1
        a_round.outbox.pop(public)
        a_round.step()
        assert equal(a_round.finish(), a_round.sum_over(a_round.devices))

    def test_messages_of_any_other_size_or_round_are_refused(self) -> None:
        a_round = Round()
        public = next(iter(a_round.devices))
        message = a_round.devices[public].advertise()
        with pytest.raises(ProtocolError, match="are the most"):
            a_round.server.receive(public, message + bytes(10**6))
        other = messages.packed(messages.ADVERTISE, bytes(16), bytes(256))
        with pytest.raises(ProtocolError, match="another round"):
            a_round.server.receive(public, other)
        a_round.server.receive(public, message)

    def test_a_vector_that_is_sent_again_later_still_fits(self) -> None:
        """Its device may not have heard that it was taken."""
        query = Histogram("letters", tuple(map(str, range(5_000))))
        a_round = Round(plan=Plan(query, 8, 12, ASSUMED))
        assert a_round.server.largest < 10_000
        for phase in ("vectors", "consents", "unmasking"):
            a_round.go_to(phase)
            assert a_round.server.largest > 20_000

    def test_lists_in_a_message_are_of_bytes(self) -> None:
        name = bytes(16)
        for wrong in ([b"x", 3], [[b"x"]], [None]):
            data = messages.packed(messages.SHARES, name, wrong)
            with pytest.raises(ProtocolError, match="a list of other things than bytes"):
                messages.unpacked(data, messages.SHARES, name, 1_000)

    def test_strangers_are_not_heard_after_the_first_phase(self) -> None:
        a_round = Round()
        a_round.step()
        with pytest.raises(ProtocolError, match="not, or no longer, in the round"):
            a_round.server.receive(bytes(32), b"")

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_whatever_bytes_come_the_round_goes_on(self, data) -> None:
        """Random bytes, and honest messages with some bytes changed, to both sides."""
        a_round = Round()
        a_round.go_to(data.draw(st.sampled_from(["shares", "vectors", "consents", "unmasking"])))
        public = a_round.publics[0]
        honest = a_round.outbox[public]
        changed = bytearray(honest)
        for place, value in data.draw(
            st.lists(st.tuples(st.integers(0, len(honest) - 1), st.integers(0, 255)), max_size=4)
        ):
            changed[place] = value
        cut = data.draw(st.integers(0, len(honest)))
        bad = data.draw(
            st.sampled_from([bytes(changed), honest[:cut], bytes(changed) + b"x", b"\xc1"])
            | st.binary(max_size=64)
        )
        device = a_round.devices[public]
        if bad != honest:
            try:
                device.receive(bad)
            except FirsthandError:
                pass
            else:
                return  # a change that is within what is allowed, such as other signatures
        try:
            a_round.server.receive(public, bad)
        except FirsthandError:
            pass
        else:
            return
        assert equal(a_round.finish(), a_round.sum_over(a_round.devices))


def test_a_device_that_is_done_waits_for_nothing() -> None:
    a_round = Round()
    a_round.finish()
    assert {device.stage for device in a_round.devices.values()} == {Stage.DONE}
