"""The server's side of a round: bytes in, bytes out; it learns the sum and nothing else.

It goes from phase to phase when it is told to: whoever runs it decides how long devices are waited
for. What a device sends is checked and counted at once, so that a round of large vectors keeps but
one.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations, islice
from threading import Lock
from typing import Any, Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from numpy.typing import NDArray

from firsthand.errors import AbortedRoundError, ConfigError, ProtocolError
from firsthand.federated import messages, ring, shamir
from firsthand.federated.degree import Degree
from firsthand.federated.device import SEALED_BYTES
from firsthand.federated.keys import BUNDLE_BYTES, SIGNATURE_BYTES, Bundle, sum_of_seed
from firsthand.federated.masks import agreed, derived, mask, pair_key, refuse_low_order
from firsthand.federated.plan import SignedPlan
from firsthand.federated.queries import Answer

Check = Callable[[int, bytes], bool]
"""Tells whether bytes are the secret of a device."""

_SLACK: Final = 4_096
_TRIED: Final = 2_000
"""How many sets of shares are tried where some are wrong."""


class Phase(IntEnum):
    """What the server collects."""

    KEYS = 1
    SHARES = 2
    VECTORS = 3
    CONSENTS = 4
    UNMASKING = 5
    DONE = 6


@dataclass(frozen=True, slots=True, eq=False)
class Total:
    """What a round found: the sum (length,) modulo 2**bits, over so many devices."""

    numbers: NDArray[Any]
    devices: int
    answer: Answer


class Aggregator:
    """A round of one plan. Devices are named by their public keys, 32 bytes.

    `enrolled` has certificates that are known to be good, by device: those are not verified again;
    devices verify each other's all the same.
    """

    def __init__(
        self,
        plan: SignedPlan,
        authority: Ed25519PublicKey,
        enrolled: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self._plan, self._context, self._authority = plan.plan, plan.context, authority
        self._enrolled = {} if enrolled is None else enrolled
        self._one_at_a_time = Lock()
        self._phase = Phase.KEYS
        self._bundles: dict[bytes, Bundle] = {}
        self._shown: set[bytes] = set()
        self._order: list[Bundle] = []
        self._place: dict[bytes, int] = {}
        self._near: list[list[int]] = []
        self._degree = Degree(1, 1)
        self._sealed: dict[int, list[bytes]] = {}
        self._sum: NDArray[Any] = np.zeros(self._plan.query.length, self._plan.dtype)
        self._alive: set[int] = set()
        self._consents: dict[int, bytes] = {}
        self._shares: dict[int, list[bytes]] = {}

    @property
    def phase(self) -> Phase:
        """What it collects now."""
        return self._phase

    @property
    def expected(self) -> int:
        """How many devices may answer in this phase."""
        return self._plan.most if self._phase is Phase.KEYS else len(self._expected())

    @property
    def came(self) -> int:
        """How many devices have answered in this phase."""
        return len(self._done())

    @property
    def largest(self) -> int:
        """How many bytes a message may have in this phase, those before that are sent again too."""
        return _SLACK + max(
            self._sum.nbytes if self._phase >= Phase.VECTORS else BUNDLE_BYTES,
            self._degree.neighbours * (SEALED_BYTES + 8),
        )

    @property
    def waiting_for(self) -> frozenset[bytes]:
        """The devices that have still to answer in this phase; of keys it is not known."""
        if self._phase is Phase.KEYS:
            return frozenset()
        waiting = set(self._expected()) - set(self._done())
        return frozenset(self._order[place].device for place in waiting)

    def receive(self, device: bytes, data: bytes) -> None:
        """Take a device's message of this phase.

        `ProtocolError` for one that is not allowed, too late, or a second one: nothing changes.
        """
        with self._one_at_a_time:
            self._receive(device, data)

    def _receive(self, device: bytes, data: bytes) -> None:
        if self._phase is Phase.KEYS:
            self._keys(device, data)
            return
        if self._phase is Phase.DONE:
            raise ProtocolError("the round is over")
        place = self._place.get(device)
        if place is None or place not in self._expected():
            raise ProtocolError(f"device {device.hex()} is not, or no longer, in the round")
        match self._phase:
            case Phase.SHARES:
                self._take_shares(place, data)
            case Phase.VECTORS:
                self._take_vector(place, data)
            case Phase.CONSENTS:
                self._take_consent(place, data)
            case _:
                self._take_unmasking(place, data)

    def advance(self) -> dict[bytes, bytes]:
        """End this phase with whoever has answered; return the next message for each of them.

        After unmasking there is none: `total` has the sum. `AbortedRoundError` where too few are
        left.
        """
        with self._one_at_a_time:
            match self._phase:
                case Phase.KEYS:
                    return self._begin()
                case Phase.SHARES:
                    return self._deliver()
                case Phase.VECTORS:
                    return self._tell_survivors()
                case Phase.CONSENTS:
                    return self._pass_on_consents()
                case Phase.UNMASKING:
                    self._unmask()
                    return {}
                case Phase.DONE:
                    raise ProtocolError("the round is over")

    def total(self) -> Total:
        """Return what was found, once all is unmasked."""
        numbers, devices = self.summed()
        return Total(numbers, devices, self._plan.answer(numbers, devices))

    def summed(self) -> tuple[NDArray[Any], int]:
        """Return the sum (length,) modulo 2**bits, and over how many devices it is."""
        if self._phase is not Phase.DONE:
            raise ProtocolError("the round is not over: there is no sum yet")
        return self._sum.copy(), len(self._alive)

    def _keys(self, device: bytes, data: bytes) -> None:
        (raw,) = self._unpacked(data, messages.ADVERTISE, BUNDLE_BYTES + _SLACK)
        bundle = Bundle.parsed(raw)
        if bundle.device != device:
            raise ProtocolError("a device shows another's keys")
        if device in self._bundles:
            raise ProtocolError(f"device {device.hex()} has shown its keys already")
        if len(self._bundles) >= self._plan.most:
            raise ProtocolError(f"the round is full: {self._plan.most} devices")
        if self._enrolled.get(device) != bundle.certificate:
            bundle.verify_enrolment(self._authority)
        bundle.verify(self._context)
        # A corrupt device's bad keys would have its honest neighbours refuse the whole round.
        shown = {bundle.sealing, bundle.masking, bundle.seed_sum}
        if len(shown) < 3 or shown & self._shown:
            raise ProtocolError(f"device {device.hex()} shows keys that were shown already")
        for key in (bundle.sealing, bundle.masking):
            refuse_low_order(key)
        self._shown |= shown
        self._bundles[device] = bundle

    def _begin(self) -> dict[bytes, bytes]:
        self._require(len(self._bundles), "came")
        self._order = sorted(self._bundles.values(), key=lambda bundle: bundle.commitment)
        self._place = {bundle.device: place for place, bundle in enumerate(self._order)}
        commitments = [bundle.commitment for bundle in self._order]
        try:
            self._degree = self._plan.degree_of(len(self._order))
        except (
            ConfigError
        ) as error:  # of no number between the least and the most is it said before
            raise AbortedRoundError(str(error)) from error
        self._near = ring.all_neighbours(commitments, self._context, self._degree.neighbours)
        joined = b"".join(commitments)
        self._phase = Phase.SHARES
        return {
            bundle.device: self._packed(
                messages.ROSTER, joined, [self._order[other].data for other in self._near[place]]
            )
            for place, bundle in enumerate(self._order)
        }

    def _take_shares(self, place: int, data: bytes) -> None:
        near = self._near[place]
        (sealed,) = self._unpacked(data, messages.SHARES, len(near) * (SEALED_BYTES + 8) + _SLACK)
        if len(sealed) != len(near) or {len(each) for each in sealed} != {SEALED_BYTES}:
            raise ProtocolError(f"{len(near)} sealed shares of {SEALED_BYTES} bytes are expected")
        self._once(place, self._sealed)
        self._sealed[place] = sealed

    def _deliver(self) -> dict[bytes, bytes]:
        self._require(len(self._sealed), "shared their secrets")
        self._phase = Phase.VECTORS
        found = {}
        for place in self._sealed:
            mine = [
                self._sealed[other][bisect_left(self._near[other], place)]
                if other in self._sealed
                else b""
                for other in self._near[place]
            ]
            found[self._order[place].device] = self._packed(messages.SEALED, mine)
        return found

    def _take_vector(self, place: int, data: bytes) -> None:
        size = self._sum.nbytes
        (raw,) = self._unpacked(data, messages.MASKED, size + _SLACK)
        if len(raw) != size:
            raise ProtocolError(f"a vector takes {size} bytes, not {len(raw)}")
        self._once(place, self._alive)
        np.add(self._sum, np.frombuffer(raw, self._plan.dtype), out=self._sum)
        self._alive.add(place)

    def _tell_survivors(self) -> dict[bytes, bytes]:
        self._require(len(self._alive), "sent their vectors")
        count = len(self._order)
        alive = ring.as_bits(sorted(self._alive), count)
        gone = ring.as_bits(sorted(self._sealed.keys() - self._alive), count)
        self._phase = Phase.CONSENTS
        message = self._packed(messages.SURVIVORS, alive, gone)
        return {self._order[place].device: message for place in self._alive}

    def _take_consent(self, place: int, data: bytes) -> None:
        (signature,) = self._unpacked(data, messages.CONSENT, SIGNATURE_BYTES + _SLACK)
        if len(signature) != SIGNATURE_BYTES:
            raise ProtocolError(f"a signature takes {SIGNATURE_BYTES} bytes, not {len(signature)}")
        self._once(place, self._consents)
        self._consents[place] = signature

    def _pass_on_consents(self) -> dict[bytes, bytes]:
        self._phase = Phase.UNMASKING
        return {
            self._order[place].device: self._packed(
                messages.CONSENTS, [self._consents.get(other, b"") for other in self._near[place]]
            )
            for place in self._consents
        }

    def _take_unmasking(self, place: int, data: bytes) -> None:
        near = self._near[place]
        (shares,) = self._unpacked(
            data, messages.UNMASK, len(near) * (shamir.SHARE_BYTES + 8) + _SLACK
        )
        if len(shares) != len(near):
            raise ProtocolError(f"{len(near)} shares are expected, not {len(shares)}")
        if not {len(each) for each in shares} <= {0, shamir.SHARE_BYTES}:
            raise ProtocolError(f"a share takes {shamir.SHARE_BYTES} bytes")
        self._once(place, self._shares)
        self._shares[place] = shares

    def _unmask(self) -> None:
        """Take off all masks: of survivors their own, of the others those with survivors."""
        gone = sorted(self._sealed.keys() - self._alive)
        seeds = self._recovered(sorted(self._alive), self._is_seed)
        keys = self._recovered(gone, self._is_key)
        total = self._sum.copy()  # nothing is changed before all secrets are there
        for seed in seeds.values():
            mask(total, derived(seed, self._context, "self"), subtract=True)
        for place, key in keys.items():
            private = X25519PrivateKey.from_private_bytes(key)
            for other in self._near[place]:
                if other in self._alive:
                    secret = agreed(private, self._order[other].masking)
                    key = pair_key(secret, self._context, "mask", place, other)
                    # The survivor added it, or subtracted it where its own place is the higher.
                    mask(total, key, subtract=other < place)
        self._sum = total
        self._phase = Phase.DONE

    def _recovered(self, owners: list[int], is_right: Check) -> dict[int, bytes]:
        """Return the secrets of owners from their neighbours' shares, each one checked."""
        needed = self._degree.threshold
        first = [list(islice(self._held(owner), needed)) for owner in owners]
        if lacking := sum(len(some) < needed for some in first):
            raise AbortedRoundError(
                f"{lacking} devices' masks cannot be taken off: fewer than {needed} of their "
                "neighbours gave shares"
            )
        result = {}
        for owner, secret in zip(owners, self._put_together(first), strict=True):
            if secret is None or not is_right(owner, secret):
                secret = self._despite_wrong_shares(owner, list(self._held(owner)), is_right)
            result[owner] = secret
        return result

    def _held(self, owner: int) -> Iterator[tuple[int, bytes]]:
        """Yield the shares of an owner's secret that its neighbours gave, each with its holder."""
        for holder in self._near[owner]:
            if holder in self._shares:
                share = self._shares[holder][bisect_left(self._near[holder], owner)]
                if share:
                    yield holder + 1, share

    def _despite_wrong_shares(
        self, owner: int, held: list[tuple[int, bytes]], is_right: Check
    ) -> bytes:
        """Return a secret though some shares are wrong: the first set of them that gives it."""
        for chosen in islice(_sets(held, self._degree.threshold), _TRIED):
            secret = self._put_together([chosen])[0]
            if secret is not None and is_right(owner, secret):
                return secret
        raise AbortedRoundError(
            f"device {self._order[owner].device.hex()}'s mask cannot be taken off: too many of "
            f"the {len(held)} shares of it are wrong"
        )

    def _put_together(self, sets: list[list[tuple[int, bytes]]]) -> list[bytes | None]:
        if not sets:
            return []
        count = self._degree.threshold
        data = np.frombuffer(b"".join(share for some in sets for _, share in some), "<u4")
        shares = data.astype(np.uint64).reshape(len(sets), count, shamir.LIMBS) % np.uint64(
            shamir.PRIME
        )
        holders = np.array([[holder for holder, _ in some] for some in sets], np.int64)
        return shamir.from_limbs(shamir.secrets_of(shares, holders))

    def _is_seed(self, owner: int, secret: bytes) -> bool:
        return sum_of_seed(secret, self._context) == self._order[owner].seed_sum

    def _is_key(self, owner: int, secret: bytes) -> bool:
        public = X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
        return public == self._order[owner].masking

    def _done(self) -> Collection[Any]:
        """Return the devices that have answered in this phase."""
        done: dict[Phase, Collection[Any]] = {
            Phase.KEYS: self._bundles,
            Phase.SHARES: self._sealed,
            Phase.VECTORS: self._alive,
            Phase.CONSENTS: self._consents,
            Phase.UNMASKING: self._shares,
        }
        return done.get(self._phase, ())

    def _expected(self) -> Collection[int]:
        """Return the devices that may answer in this phase."""
        return {
            Phase.SHARES: range(len(self._order)),
            Phase.VECTORS: self._sealed,
            Phase.CONSENTS: self._alive,
            Phase.UNMASKING: self._consents,
        }.get(self._phase, ())

    def _require(self, count: int, did: str) -> None:
        if count < self._plan.least:
            raise AbortedRoundError(
                f"{count} devices {did}, and a sum is over {self._plan.least} at least"
            )

    def _once(self, place: int, done: Collection[int]) -> None:
        if place in done:
            raise ProtocolError(
                f"device {self._order[place].device.hex()} has answered already in this phase"
            )

    def _packed(self, kind: int, *parts: Any) -> bytes:
        return messages.packed(kind, self._plan.round_id, *parts)

    def _unpacked(self, data: bytes, kind: int, largest: int) -> tuple[Any, ...]:
        return messages.unpacked(data, kind, self._plan.round_id, largest)


def _sets(held: list[tuple[int, bytes]], needed: int) -> Iterator[list[tuple[int, bytes]]]:
    """Yield sets of so many shares: neighbouring ones first, so that few wrong ones are avoided."""
    for first in range(len(held)):
        yield [held[(first + step) % len(held)] for step in range(needed)]
    yield from map(list, combinations(held, needed))
