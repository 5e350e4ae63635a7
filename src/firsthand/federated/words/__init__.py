"""Words that people type and no dictionary has, learnt by a small network that a fleet trains."""

from firsthand.federated.words.lessons import Course, Lesson, course_epsilon
from firsthand.federated.words.network import Network

__all__ = ["Course", "Lesson", "Network", "course_epsilon"]
