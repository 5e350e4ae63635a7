"""Which model of a family to take."""

from collections.abc import Sequence
from dataclasses import dataclass

from firsthand.compress.budgets import Budget
from firsthand.compress.members import Member
from firsthand.errors import InputError


@dataclass(frozen=True, slots=True)
class Choice:
    """The model to take, and what it costs too much, a sentence each; none where it fits."""

    member: Member
    excess: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether it is within the budget."""
        return not self.excess


def choose(members: Sequence[Member], budget: Budget) -> Choice:
    """Return the most accurate student within a budget.

    Times fit only where their upper limits do. Where none fits, the one that is nearest is
    returned, with what it costs too much. Raises `InputError` for a family without students.
    """
    students = [each for each in members if not each.teacher]
    if not students:
        raise InputError("the family has no students to choose from")
    teacher = next((each for each in members if each.teacher), None)
    over = {each.name: _over(each, budget, teacher) for each in students}
    fitting = [each for each in students if not over[each.name]]
    if fitting:
        best = max(fitting, key=lambda each: (each.accuracy, -each.median_us))
        return Choice(best, ())
    nearest = min(students, key=lambda each: max(by for _, by in over[each.name]))
    return Choice(nearest, tuple(words for words, _ in over[nearest.name]))


def frontier(members: Sequence[Member]) -> tuple[Member, ...]:
    """Return the models of which none is beaten in both accuracy and time, fastest first."""
    best: list[Member] = []
    for member in sorted(members, key=lambda each: (each.median_us, -each.accuracy)):
        if not best or member.accuracy > best[-1].accuracy:
            best.append(member)
    return tuple(best)


def _over(member: Member, budget: Budget, teacher: Member | None) -> list[tuple[str, float]]:
    """Return what is above its limit, in words, and how many times; of accuracy, its errors."""
    found: list[tuple[str, float]] = []

    def most(what: str, value: float, limit: float | None, scale: float, unit: str) -> None:
        if limit is not None and value > limit:
            words = f"{what} is {value / scale:.4g} {unit}, above {limit / scale:.4g}"
            found.append((words, _times(value, limit)))

    most("size", member.bytes, budget.bytes, 1e3, "KB")
    most("latency", member.median_us_high, budget.median_us, 1e3, "ms")
    most("p90", member.p90_us, budget.p90_us, 1e3, "ms")
    most("macs", member.macs, budget.macs, 1e6, "M")
    if budget.accuracy is not None and member.accuracy < budget.accuracy:
        words = f"accuracy is {100 * member.accuracy:.2f} %, below {100 * budget.accuracy:.2f}"
        found.append((words, _times(1 - member.accuracy, 1 - budget.accuracy)))
    if budget.drop is not None:
        if teacher is None:
            raise InputError("a drop of accuracy needs a teacher, and this family names none")
        drop = teacher.accuracy - member.accuracy
        if drop > budget.drop:
            words = f"accuracy is {100 * drop:.2f} points below its teacher's"
            found.append((words, _times(drop, budget.drop)))
    return found


def _times(value: float, limit: float) -> float:
    return value / limit if limit > 0 else float("inf")
