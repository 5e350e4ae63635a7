"""A device's side of a round: bytes in, bytes out, and its own rules about what it answers.

SecAgg+ (Bell et al. 2020) on the double mask of Bonawitz et al. 2017 (doi:10.1145/3133956.3133982),
with signed keys, a graph that nobody chooses, and agreement on who survived before any share is
given. A message that is not allowed raises `ProtocolError` and changes nothing: what was honest
before can go on.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from threading import Lock
from typing import Any, Final

import numpy as np
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firsthand.errors import ProtocolError, RefusalError
from firsthand.federated import messages, ring, shamir
from firsthand.federated.degree import Assumed, Degree, is_secure
from firsthand.federated.keys import BUNDLE_BYTES, Bundle, Identity, RoundKeys
from firsthand.federated.ledger import Ledger
from firsthand.federated.masks import agreed, derived, mask, pair_key
from firsthand.federated.plan import SignedPlan
from firsthand.federated.queries import Query
from firsthand.federated.queries.query import Integers

SEALED_BYTES: Final = 2 * shamir.SHARE_BYTES + 16
"""Two shares under AES-GCM."""

_NONCES: Final = (bytes(12), b"\1" + bytes(11))
"""A pair's key seals a message each way: the lower place's, the higher place's."""

_SLACK: Final = 65_536
_CONSENT: Final = b"firsthand survivors 1\0"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a device asks of a round before it takes part, whatever its plan says.

    At least `least` devices whose data is summed; never fewer neighbours' shares for a secret than
    `threshold`; and safety under what the device itself assumes of the others.
    """

    least: int = 20
    threshold: int = 5
    assumed: Assumed = Assumed()  # noqa: RUF009 - it is frozen


class Stage(Enum):
    """What a device waits for."""

    ROSTER = "roster"
    SEALED = "sealed"
    SURVIVORS = "survivors"
    CONSENTS = "consents"
    DONE = "nothing more"


class Device:
    """One device in one round. `answer` computes what it reports, once the round is under way.

    `planner` and `authority` are whom it trusts to ask, and to say which devices there are. Raises
    `ProtocolError` for a plan that nobody signed, `RefusalError` for one that its rules or its
    ledger forbid.
    """

    def __init__(
        self,
        identity: Identity,
        plan: SignedPlan,
        answer: Callable[[Query], Integers],
        ledger: Ledger,
        *,
        planner: Ed25519PublicKey,
        authority: Ed25519PublicKey,
        rules: Rules = Rules(),
    ) -> None:
        plan.verify(planner)
        self._plan, self._context = plan.plan, plan.context
        self._identity, self._answer, self._ledger = identity, answer, ledger
        self._authority, self._rules = authority, rules
        if self._plan.least < rules.least:
            raise RefusalError(
                f"a sum over {self._plan.least} devices; this one takes part among {rules.least}"
            )
        if ledger.stage(self._plan.round_id) is not None:
            raise RefusalError("this device took part in the round already")
        ledger.check(self._plan.query.source, self._plan.cost)
        self._keys = RoundKeys(
            X25519PrivateKey.generate(), X25519PrivateKey.generate(), secrets.token_bytes(32)
        )
        self._bundle = Bundle.made(identity, self._keys, self._context)
        self._one_at_a_time = Lock()
        self._stage = Stage.ROSTER
        self._commitments: list[bytes] = []
        self._me, self._neighbours = 0, dict[int, Bundle]()
        self._degree = Degree(1, 1)
        self._sealing, self._masking = dict[int, AESGCM](), dict[int, bytes]()
        self._sealed: dict[int, bytes] = {}
        self._sets: tuple[frozenset[int], frozenset[int]] = frozenset(), frozenset()
        self._signed = b""

    @property
    def stage(self) -> Stage:
        """What it waits for."""
        return self._stage

    def advertise(self) -> bytes:
        """Return the first message: who this is, and its keys for the round."""
        return self._packed(messages.ADVERTISE, self._bundle.data)

    def receive(self, data: bytes) -> bytes:
        """Take the server's next message and return the answer; empty after the last.

        `ProtocolError` for a message that is not allowed, or not now; `RefusalError` where the
        device's rules forbid to go on.
        """
        with self._one_at_a_time:
            match self._stage:
                case Stage.ROSTER:
                    return self._shares(*self._unpacked(data, messages.ROSTER))
                case Stage.SEALED:
                    return self._masked(*self._unpacked(data, messages.SEALED))
                case Stage.SURVIVORS:
                    return self._consent(*self._unpacked(data, messages.SURVIVORS))
                case Stage.CONSENTS:
                    return self._unmask(*self._unpacked(data, messages.CONSENTS))
                case Stage.DONE:
                    raise ProtocolError("this device has said all it says in a round")

    def _shares(self, joined: bytes, bundles: list[bytes]) -> bytes:
        """Check who takes part, and seal for each neighbour shares of what would unmask this."""
        size, plan = ring.COMMITMENT_BYTES, self._plan
        if len(joined) % size:
            raise ProtocolError(f"commitments take {size} bytes each, not {len(joined)} in all")
        commitments = [joined[at : at + size] for at in range(0, len(joined), size)]
        count = len(commitments)
        if not max(plan.least, self._rules.least) <= count <= plan.most:
            raise RefusalError(
                f"a round of {count} devices, for a plan of {plan.least} to {plan.most}"
            )
        if self._bundle.commitment not in commitments:
            raise ProtocolError("a roster without this device")
        me = commitments.index(self._bundle.commitment)
        degree = self._safe_degree(count)
        places = ring.neighbours(commitments, self._context, degree.neighbours, me)
        if len(bundles) != len(places):
            raise ProtocolError(f"{len(bundles)} neighbours' keys, of {len(places)} neighbours")
        found = {
            place: self._verified(data, commitments[place])
            for place, data in zip(places, bundles, strict=True)
        }
        self._check_keys([self._bundle, *found.values()])
        secret = [self._keys.seed, self._keys.masking_bytes]
        holders = np.array(places, np.int64) + 1
        shares = shamir.shares_of(shamir.to_limbs(secret), holders, degree.threshold)
        sealing = {
            place: AESGCM(
                pair_key(
                    agreed(self._keys.sealing, bundle.sealing), self._context, "seal", me, place
                )
            )
            for place, bundle in found.items()
        }
        masking = {
            place: agreed(self._keys.masking, bundle.masking) for place, bundle in found.items()
        }
        sealed = [
            sealing[place].encrypt(_NONCES[me > place], shamir.to_bytes(share), None)
            for place, share in zip(places, shares, strict=True)
        ]
        # Only what is whole is kept, so that a bad roster leaves no half of a good one.
        self._commitments, self._me, self._degree = commitments, me, degree
        self._neighbours, self._sealing, self._masking = found, sealing, masking
        self._stage = Stage.SEALED
        return self._packed(messages.SHARES, sealed)

    def _masked(self, sealed: list[bytes]) -> bytes:
        """Add masks with each neighbour that sealed shares, and one's own, to what is reported."""
        if len(sealed) != len(self._neighbours):
            raise ProtocolError(f"{len(sealed)} sealed shares of {len(self._neighbours)}")
        if bad := sorted({len(each) for each in sealed} - {0, SEALED_BYTES}):
            raise ProtocolError(f"sealed shares take {SEALED_BYTES} bytes or none, not {bad}")
        there = {p: each for p, each in zip(self._neighbours, sealed, strict=True) if each}
        if len(there) < self._degree.threshold:
            raise RefusalError(
                f"{len(there)} neighbours are left, and {self._degree.threshold} are needed"
            )
        vector = self._plan.encoded(self._answer(self._plan.query))
        self._ledger.masked(self._plan.round_id, self._plan.query.source, self._plan.cost)
        mask(vector, derived(self._keys.seed, self._context, "self"))
        for place in there:
            key = pair_key(self._masking[place], self._context, "mask", self._me, place)
            mask(vector, key, subtract=self._me > place)
        self._sealed, self._stage = there, Stage.SURVIVORS
        return self._packed(messages.MASKED, vector.tobytes())

    def _consent(self, alive_bits: bytes, gone_bits: bytes) -> bytes:
        """Sign who survived and who did not: one such story, for good."""
        count = len(self._commitments)
        alive, gone = ring.from_bits(alive_bits, count), ring.from_bits(gone_bits, count)
        if both := alive & gone:
            raise ProtocolError(f"devices {sorted(both)} are both alive and gone")
        if self._me not in alive:
            raise ProtocolError("this device's vector is left out: it gives no shares")
        if len(alive) < max(self._plan.least, self._rules.least):
            raise RefusalError(
                f"a sum over {len(alive)} devices; {self._plan.least} are the least of this plan"
            )
        told = (alive | gone) & self._neighbours.keys()
        if told != self._sealed.keys():
            raise ProtocolError(
                "neighbours that sealed shares are alive or gone, and no others: "
                f"{sorted(told ^ self._sealed.keys())}"
            )
        if len(alive & self._sealed.keys()) < self._degree.threshold:
            raise RefusalError("too few neighbours survived for this device's vector to count")
        self._sets = alive, gone
        self._signed = _CONSENT + self._context + alive_bits + gone_bits
        self._stage = Stage.CONSENTS
        return self._packed(messages.CONSENT, self._identity.key.sign(self._signed))

    def _unmask(self, signatures: list[bytes]) -> bytes:
        """Give shares, once enough neighbours have signed the very same story."""
        if len(signatures) != len(self._neighbours):
            raise ProtocolError(f"{len(signatures)} signatures of {len(self._neighbours)}")
        alive, gone = self._sets
        agreeing = 0
        for place, signature in zip(self._neighbours, signatures, strict=True):
            if place in alive and agreeing < self._degree.threshold:
                agreeing += self._is_signed(self._neighbours[place], signature)
        if agreeing < self._degree.threshold:
            raise RefusalError(
                f"{agreeing} neighbours signed the same survivors, and {self._degree.threshold} "
                "are needed: another story may have been told elsewhere"
            )
        shares = []
        for place in self._neighbours:
            opened = self._opened(place) if place in self._sealed else b""
            half = opened[: shamir.SHARE_BYTES] if place in alive else opened[shamir.SHARE_BYTES :]
            shares.append(half if place in alive or place in gone else b"")
        self._ledger.unmasked(self._plan.round_id)
        self._stage = Stage.DONE
        return self._packed(messages.UNMASK, shares)

    def _safe_degree(self, count: int) -> Degree:
        degree, rules = self._plan.degree_of(count), self._rules
        least = min(rules.threshold, count // 2 + 1)
        gone = count - max(self._plan.least, rules.least)
        if degree.threshold < least or not is_secure(count, degree, rules.assumed, gone):
            raise RefusalError(
                f"{degree.neighbours} neighbours and a threshold of {degree.threshold} among "
                f"{count} devices are not safe under {rules}"
            )
        return degree

    def _verified(self, data: bytes, commitment: bytes) -> Bundle:
        bundle = Bundle.parsed(data)
        if bundle.commitment != commitment:
            raise ProtocolError("a neighbour's keys are not those that were committed")
        bundle.verify_enrolment(self._authority)
        bundle.verify(self._context)
        return bundle

    def _check_keys(self, bundles: list[Bundle]) -> None:
        """Raise `ProtocolError` where a device or a key occurs twice, one's own reflected too."""
        for name in ("device", "sealing", "masking", "seed_sum"):
            if len({getattr(bundle, name) for bundle in bundles}) < len(bundles):
                raise ProtocolError(f"two devices of a round have the same {name} key")
        if {b.sealing for b in bundles} & {b.masking for b in bundles}:
            raise ProtocolError("a key serves for sealing and for masks")

    def _opened(self, place: int) -> bytes:
        """Return the shares that a neighbour sealed; nothing where they are not what it sealed."""
        nonce = _NONCES[place > self._me]
        try:
            return self._sealing[place].decrypt(nonce, self._sealed[place], None)
        except InvalidTag:
            return b""

    def _is_signed(self, neighbour: Bundle, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(neighbour.device).verify(signature, self._signed)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _packed(self, kind: int, *parts: Any) -> bytes:
        return messages.packed(kind, self._plan.round_id, *parts)

    def _unpacked(self, data: bytes, kind: int) -> tuple[Any, ...]:
        largest = _SLACK + self._plan.most * (BUNDLE_BYTES + ring.COMMITMENT_BYTES)
        return messages.unpacked(data, kind, self._plan.round_id, largest)
