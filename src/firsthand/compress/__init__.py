"""Families of small models made of a big one: what each costs, how good it is, and which to take.

After Google's "Custom On-Device ML Models with Learn2Compress". What needs torch is in
`firsthand.train.compress`; this part reads and chooses.
Nothing heavy is loaded here: a submodule is when one of its names is first used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy

if TYPE_CHECKING:
    from firsthand.compress.budgets import Budget, parse_budget
    from firsthand.compress.choosing import Choice, choose, frontier
    from firsthand.compress.members import Member, energy_uj, read_members, write_members
    from firsthand.compress.page import write_page
    from firsthand.compress.text import TextProjection, TextTokens

_HOMES = {
    "budgets": ("Budget", "parse_budget"),
    "choosing": ("Choice", "choose", "frontier"),
    "members": ("Member", "energy_uj", "read_members", "write_members"),
    "page": ("write_page",),
    "text": ("TextProjection", "TextTokens"),
}

__all__ = [
    "Budget",
    "Choice",
    "Member",
    "TextProjection",
    "TextTokens",
    "choose",
    "energy_uj",
    "frontier",
    "parse_budget",
    "read_members",
    "write_members",
    "write_page",
]


__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
