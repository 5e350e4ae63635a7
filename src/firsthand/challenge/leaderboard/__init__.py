"""The leaderboard: submitted models, judged one after another by who holds the labels.

A submission is a model file and its card, never code. `Board` keeps them, `worker` judges them in
a process of its own, and every model runs in yet another, which sees images and no labels.
"""

from firsthand.challenge.leaderboard.board import Board
from firsthand.challenge.leaderboard.entries import Entry, Standing

__all__ = ["Board", "Entry", "Standing"]
