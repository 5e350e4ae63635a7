"""A server's rounds: who is invited, what is taken, when a phase ends. No sockets, and no clock.

All that devices are told follows from what the store has: a message is kept before it is
acknowledged, a phase ended before its outcome is told, a sum kept before it is shown. What cannot
be kept is taken out of memory, too, and read again.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firsthand.errors import (
    AbortedRoundError,
    FirsthandError,
    GoneError,
    InputError,
    ProtocolError,
    StoreError,
)
from firsthand.federated.aggregator import Aggregator, Phase
from firsthand.federated.keys import KEY_BYTES, verify_certificate
from firsthand.federated.plan import SignedPlan
from firsthand.federated.service.pace import Pace
from firsthand.federated.service.store import REGION_LENGTH, Message, Record, Store

PHASES: Final = {
    "keys": Phase.KEYS,
    "shares": Phase.SHARES,
    "vectors": Phase.VECTORS,
    "consents": Phase.CONSENTS,
    "unmasking": Phase.UNMASKING,
}
"""The phases of a round, as they are named in addresses."""


_INVITED: Final = 2  # for each that is still wanted
_INVITED_S: Final = 60.0
_ENDED: Final = 1_000
_TIDY_S: Final = 3_600.0
_LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Visit:
    """A device that comes by: who, with the authority's word for it, and where it belongs."""

    device: bytes
    certificate: bytes
    region: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A device's message in a phase of a round."""

    round_id: bytes
    phase: Phase
    device: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a visitor is told: the round it is invited to, if any, and when to come again."""

    round_id: bytes | None
    pause_s: float


@dataclass(eq=False)
class _Open:
    """A round under way; `told` is the phase that is in the store, and what devices are told."""

    record: Record
    signed: SignedPlan
    server: Aggregator
    began_at: float
    told: tuple[Phase, dict[bytes, bytes]] = field(default_factory=lambda: (Phase.KEYS, {}))
    taken: dict[tuple[Phase, bytes], bytes] = field(default_factory=dict)
    invited: set[bytes] = field(default_factory=set)
    awaited: dict[bytes, float] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.record.number


class Coordinator:
    """The rounds of a store, for devices that `authority` has enrolled and `planner` may ask.

    Its methods are called from one thread at a time; `phase`, `told` and `largest` from any.
    """

    def __init__(
        self,
        store: Store,
        authority: Ed25519PublicKey,
        planner: Ed25519PublicKey,
        *,
        now: float,
        pace: Pace = Pace(),  # noqa: B008 - it is frozen
        random: Random | None = None,
    ) -> None:
        self._store, self._authority, self._planner = store, authority, planner
        self._pace, self._random = pace, random or SystemRandom()
        self._seen = {
            device: (region, at) for device, region, at in store.devices_since(now - pace.most_s)
        }
        self._certificates: dict[bytes, bytes] = {}
        self._rounds: dict[bytes, _Open] = {}
        self._lost: set[bytes] = set()
        self._ended: dict[bytes, str] = {}
        self._tidied = now
        self.changes = 0
        """How often what devices are told has changed."""
        self.tick(now)

    def welcome(self, visits: Sequence[Visit], now: float) -> list[Welcome | FirsthandError]:
        """Take devices' visits together: invite each to a round that wants it, or to come again."""
        known: dict[bytes, tuple[str, float]] = {}
        answers: list[Welcome | FirsthandError] = []
        for visit in visits:
            try:
                self._check(visit)
            except FirsthandError as error:
                answers.append(error)
                continue
            known[visit.device] = visit.region, now
            answers.append(Welcome(self._wanting(visit, now), 0.0))
        if not known:
            return answers
        try:
            with self._store.writing() as writer:
                writer.see(known)
        except StoreError as error:
            return [error if isinstance(answer, Welcome) else answer for answer in answers]
        self._seen |= known
        count = len(self._seen)
        return [
            Welcome(answer.round_id, self._pace.pause_s(count, now, self._random))
            if isinstance(answer, Welcome)
            else answer
            for answer in answers
        ]

    def take(self, letters: Sequence[Letter], now: float) -> list[FirsthandError | None]:
        """Take messages together; for each None, once it is kept, or why it is not.

        A message that is the same as one that was taken is taken again: its device may not have
        heard that it was.
        """
        answers: list[FirsthandError | None] = []
        new: list[Message] = []
        for letter in letters:
            try:
                message = self._received(letter)
            except FirsthandError as error:
                answers.append(error)
            except Exception as error:  # a fault of ours: what is in memory is not to be trusted
                self._forget(letter.round_id)
                answers.append(StoreError(f"{type(error).__name__}: {error}"))
            else:
                answers.append(None)
                if message is not None:
                    new.append(message)
        if not new:
            return answers
        try:
            with self._store.writing() as writer:
                writer.add(new)
        except Exception as fault:  # whatever it is, memory is ahead of the store
            unkept = StoreError(str(fault))
            lost = {message.round for message in new}
            for found in [each for each in self._rounds.values() if each.number in lost]:
                self._forget(found.record.round_id)
            # Whoever sent a second time what is lost now must not hear that it was taken.
            answers = [
                unkept if answer is None and letter.round_id in self._lost else answer
                for letter, answer in zip(letters, answers, strict=True)
            ]
        self.tick(now, load=False)
        return answers

    def tick(self, now: float, *, load: bool = True) -> None:
        """End the phases that are complete or have waited long enough; see what was asked."""
        if load:
            self._load(now)
        for found in list(self._rounds.values()):
            try:
                self._see_to(found, now)
            except StoreError:  # it is read again, once that can be done
                self._forget(found.record.round_id)
            except Exception as fault:  # one round's fault must not stop the others
                self._fail(found.record, fault, now)

    def told(self, round_id: bytes, phase: Phase, device: bytes) -> bytes | None:
        """Return what a device is told in a phase; None if that is not known yet.

        `GoneError` where the round is over for it.
        """
        at, outbox = self._found(round_id).told
        if at < phase:
            return None
        if at > phase:
            raise GoneError(f"round {round_id.hex()} is past that phase")
        message = outbox.get(device)
        if message is None:
            raise GoneError(f"round {round_id.hex()} goes on without this device")
        return message

    def plan(self, round_id: bytes) -> bytes:
        """Return the signed plan of a round that is open."""
        return self._found(round_id).record.plan

    def knows(self, device: bytes) -> bool:
        """Whether a device has checked in."""
        return device in self._seen

    def largest(self, round_id: bytes) -> int:
        """Return how many bytes a message of a round may have."""
        return self._found(round_id).server.largest

    def _check(self, visit: Visit) -> None:
        if len(visit.device) != KEY_BYTES:
            raise InputError(f"a device is named by {KEY_BYTES} bytes, not {len(visit.device)}")
        if not 0 < len(visit.region) <= REGION_LENGTH or not visit.region.isprintable():
            raise InputError(f"a region is a word of up to {REGION_LENGTH} characters")
        if self._certificates.get(visit.device) != visit.certificate:
            verify_certificate(self._authority, visit.device, visit.certificate)
            self._certificates[visit.device] = visit.certificate

    def _wanting(self, visit: Visit, now: float) -> bytes | None:
        """Return the first round that wants a visitor.

        Not all who are invited come, so more are; who did not come in time makes room for others,
        and is not invited to that round again.
        """
        for round_id, found in self._rounds.items():
            if (
                found.server.phase is not Phase.KEYS
                or found.record.region not in ("", visit.region)
                or (Phase.KEYS, visit.device) in found.taken
            ):
                continue
            awaited = found.awaited  # in the order in which they were invited
            while awaited and next(iter(awaited.values())) <= now - _INVITED_S:
                awaited.pop(next(iter(awaited)))
            most = _INVITED * (found.signed.plan.most - found.server.came)
            if visit.device in awaited or (
                visit.device not in found.invited and len(awaited) < most
            ):
                found.invited.add(visit.device)
                awaited.setdefault(visit.device, now)
                return round_id
        return None

    def _received(self, letter: Letter) -> Message | None:
        """Let a round take a message, which is to be kept; None if it had it already."""
        found = self._found(letter.round_id)
        digest = hashlib.sha256(letter.data).digest()
        known = found.taken.get((letter.phase, letter.device))
        if known is not None:
            if secrets.compare_digest(known, digest):
                return None
            raise ProtocolError("another message of this device was taken in this phase")
        if found.server.phase is not letter.phase:
            raise GoneError(
                f"round {letter.round_id.hex()} is at {found.server.phase.name.lower()}, not at "
                f"{letter.phase.name.lower()}"
            )
        if letter.phase is Phase.KEYS and letter.device not in self._seen:
            raise ProtocolError("a device checks in before it shows keys")
        found.server.receive(letter.device, letter.data)
        found.taken[letter.phase, letter.device] = digest
        found.awaited.pop(letter.device, None)
        return Message(found.number, letter.phase, letter.device, letter.data)

    def _found(self, round_id: bytes) -> _Open:
        found = self._rounds.get(round_id)
        if found is None:
            if round_id in self._lost:
                raise StoreError(f"round {round_id.hex()} is read again; come back in a moment")
            found = self._rounds.get(round_id)  # it may have been read again just now
        if found is None:
            ended = self._ended.get(round_id)
            raise GoneError(f"round {round_id.hex()}: {ended or 'is not open here'}")
        return found

    def _see_to(self, found: _Open, now: float) -> None:
        while found.server.phase is not Phase.DONE:
            waited = now - found.began_at >= found.record.timeout_s
            complete = found.server.came >= found.server.expected
            if not (complete or waited) or not self._advanced(found, now):
                return

    def _advanced(self, found: _Open, now: float) -> bool:
        """End a round's phase; False where that ended the round."""
        phase, server = found.server.phase, found.server
        expected, answered = server.expected, server.came
        try:
            outbox = server.advance()
        except AbortedRoundError as error:
            with self._store.writing() as writer:
                writer.end(found.number, phase, now, reason=str(error))
            self._close(found, f"ended without a sum: {error}")
            return False
        with self._store.writing() as writer:
            writer.advance(found.number, phase, expected, answered)
            if server.phase is Phase.DONE:
                numbers, devices = server.summed()
                writer.end(
                    found.number, server.phase, now, total=numbers.tobytes(), devices=devices
                )
        if server.phase is Phase.DONE:
            self._close(found, "is done")
            return False
        found.told, found.began_at = (server.phase, outbox), now
        self.changes += 1
        return True

    def _close(self, found: _Open, how: str) -> None:
        round_id = found.record.round_id
        self._rounds.pop(round_id)
        self._ended[round_id] = how
        while len(self._ended) > _ENDED:
            self._ended.pop(next(iter(self._ended)))
        self.changes += 1

    def _forget(self, round_id: bytes) -> None:
        """Leave what is in memory, which is ahead of the store."""
        if round_id in self._rounds:
            self._lost.add(round_id)  # first, as others ask meanwhile
            self._rounds.pop(round_id)
            self.changes += 1

    def _fail(self, record: Record, fault: Exception, now: float) -> None:
        """End a round that cannot go on, whatever the reason."""
        self._forget(record.round_id)
        reason = f"it cannot go on: {type(fault).__name__}: {fault}"[:_LONGEST_REASON]
        try:
            current = self._store.record(record.number)
            with self._store.writing() as writer:
                writer.end(record.number, current.phase, now, reason=reason)
        except StoreError:
            return  # it is tried again
        self._ended[record.round_id] = reason

    def _load(self, now: float) -> None:
        """Read the rounds that are open and not here: new ones, and those of a server before."""
        here = {found.number for found in self._rounds.values()}
        for number in self._store.open_numbers():
            if number not in here:
                record = self._store.record(number)
                try:
                    self._rounds[record.round_id] = self._replayed(record, now)
                except StoreError:
                    raise
                except (ProtocolError, AbortedRoundError) as error:
                    with self._store.writing() as writer:
                        writer.end(number, record.phase, now, reason=str(error))
                except Exception as fault:  # one round's fault must not stop the others
                    self._fail(record, fault, now)
        self._lost.clear()
        if now - self._tidied > _TIDY_S:
            self._tidied = now
            since = now - self._pace.most_s
            self._seen = {d: (r, at) for d, (r, at) in self._seen.items() if at > since}
            self._certificates = {d: c for d, c in self._certificates.items() if d in self._seen}

    def _replayed(self, record: Record, now: float) -> _Open:
        """Return a round as it was when its last message was kept."""
        signed = SignedPlan.parsed(record.plan)
        signed.verify(self._planner)
        if signed.plan.round_id != record.round_id:
            raise ProtocolError("the plan is of another round")
        server = Aggregator(signed, self._authority, enrolled=self._certificates)
        found = _Open(record, signed, server, now)
        outbox: dict[bytes, bytes] = {}
        for phase in Phase:
            if phase > record.phase:
                break
            if phase > Phase.KEYS:
                outbox = server.advance()
            for message in self._store.messages(record.number, phase):
                server.receive(message.device, message.data)
                digest = hashlib.sha256(message.data).digest()
                found.taken[phase, message.device] = digest
        found.told = server.phase, outbox
        return found
