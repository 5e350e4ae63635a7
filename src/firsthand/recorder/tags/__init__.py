"""Three words for a title, ready the moment a recording ends."""

from firsthand.recorder.tags.prior import PriorTable, bundled_table
from firsthand.recorder.tags.suggestion import suggested
from firsthand.recorder.tags.tally import Tally

__all__ = ["PriorTable", "Tally", "bundled_table", "suggested"]
