"""Words that people type and no dictionary has, learnt by a small network that a fleet trains."""

from firsthand.federated.words.lessons import Lesson
from firsthand.federated.words.network import Network

__all__ = ["Lesson", "Network"]
