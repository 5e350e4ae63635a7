"""NOSS, a benchmark of speech representations: what simple classifiers learn on them."""

from firsthand.speech.noss.tasks import Clip, Split, Task, parts_of, splits_of

__all__ = ["Clip", "Split", "Task", "parts_of", "splits_of"]
