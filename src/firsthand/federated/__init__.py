"""Federated analytics: questions answered from a fleet by sums that reveal nothing but the sum.

Nothing heavy is loaded here: a submodule is when one of its names is first used.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy
from firsthand.errors import MissingDependencyError

if missing := [name for name in ("cryptography", "msgpack") if find_spec(name) is None]:
    raise MissingDependencyError(
        f'federated analytics needs {" and ".join(missing)}: pip install "firsthand[federated]"'
    )

if TYPE_CHECKING:
    from firsthand.federated.aggregator import Aggregator, Total
    from firsthand.federated.degree import Assumed, Degree, degree_for
    from firsthand.federated.device import Device, Rules
    from firsthand.federated.discovery import PrefixTree, TrieHH, Word, discover
    from firsthand.federated.heads import HeadLesson
    from firsthand.federated.keys import Authority, Identity
    from firsthand.federated.ledger import Budget, Ledger
    from firsthand.federated.plan import Plan, SignedPlan, planned
    from firsthand.federated.queries import (
        Answer,
        Count,
        Distinct,
        Estimate,
        Evaluation,
        Extensions,
        Histogram,
        Mean,
        Quantiles,
        Query,
        Rate,
        Sum,
    )
    from firsthand.federated.rappor import Rappor, Tally
    from firsthand.federated.simulation import Drops, Simulated, in_the_clear, simulate
    from firsthand.federated.stepping import Course, course_epsilon
    from firsthand.federated.words import Lesson

_HOMES = {
    "aggregator": ("Aggregator", "Total"),
    "degree": ("Assumed", "Degree", "degree_for"),
    "device": ("Device", "Rules"),
    "discovery": ("PrefixTree", "TrieHH", "Word", "discover"),
    "heads": ("HeadLesson",),
    "keys": ("Authority", "Identity"),
    "ledger": ("Budget", "Ledger"),
    "plan": ("Plan", "SignedPlan", "planned"),
    "queries": (
        "Answer",
        "Count",
        "Distinct",
        "Estimate",
        "Evaluation",
        "Extensions",
        "Histogram",
        "Mean",
        "Quantiles",
        "Query",
        "Rate",
        "Sum",
    ),
    "rappor": ("Rappor", "Tally"),
    "simulation": ("Drops", "Simulated", "in_the_clear", "simulate"),
    "stepping": ("Course", "course_epsilon"),
    "words": ("Lesson",),
}

__all__ = [
    "Aggregator",
    "Answer",
    "Assumed",
    "Authority",
    "Budget",
    "Count",
    "Course",
    "Degree",
    "Device",
    "Distinct",
    "Drops",
    "Estimate",
    "Evaluation",
    "Extensions",
    "HeadLesson",
    "Histogram",
    "Identity",
    "Ledger",
    "Lesson",
    "Mean",
    "Plan",
    "PrefixTree",
    "Quantiles",
    "Query",
    "Rappor",
    "Rate",
    "Rules",
    "SignedPlan",
    "Simulated",
    "Sum",
    "Tally",
    "Total",
    "TrieHH",
    "Word",
    "course_epsilon",
    "degree_for",
    "discover",
    "in_the_clear",
    "planned",
    "simulate",
]


__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
