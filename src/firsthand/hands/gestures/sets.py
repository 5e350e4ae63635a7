"""Gestures that come with Firsthand: counting as several cultures do it, and common signs.

Conventions clash (thumb and index finger are two in Berlin, eight in Beijing and seven in
Taipei), so each has a set of its own. Numbers are named by their digits. All are static and
one-handed: what takes two hands or a movement is left out.
"""

from firsthand.hands.gestures.rules import Gesture, GestureSet

_OPEN_RING = ("thumb touches index", "thumb touches middle", "thumb touches ring")

AMERICAN = GestureSet(
    "american",
    (
        Gesture("0", "bcccc"),
        Gesture("1", "bsbbb"),
        Gesture("2", "bssbb"),
        Gesture("3", "bsssb"),
        Gesture("4", "bssss"),
        Gesture("5", "sssss"),
    ),
)
"""Counting from the index finger, the thumb last (United States, Britain)."""

EUROPEAN = GestureSet(
    "european",
    (
        Gesture("0", "bcccc"),
        Gesture("1", "sbbbb"),
        Gesture("2", "ssbbb"),
        Gesture("3", "sssbb"),
        Gesture("4", "ssssb"),
        Gesture("4", "bssss"),
        Gesture("5", "sssss"),
    ),
)
"""Counting from the thumb (most of continental Europe); four is also shown without the thumb."""

CHINESE = GestureSet(
    "chinese",
    (
        Gesture("0", ".bbbb", _OPEN_RING),
        Gesture("1", "bsbbb"),
        Gesture("2", "bssbb"),
        Gesture("3", "bsssb"),
        Gesture("3", ".bsss", ("thumb touches index",)),
        Gesture("4", "bssss"),
        Gesture("5", "sssss"),
        Gesture("6", "sbbbs"),
        Gesture(
            "7", "...bb", ("thumb touches index", "thumb touches middle", "not thumb touches ring")
        ),
        Gesture("8", "ssbbb"),
        Gesture("9", "bhccc"),
        Gesture("10", "bcccc"),
    ),
)
"""Mainland China's one-handed ten; three in both its forms, ten as a fist."""

TAIWANESE = GestureSet(
    "taiwanese",
    (
        Gesture("0", ".bbbb", _OPEN_RING),
        Gesture("1", "bsbbb"),
        Gesture("2", "bssbb"),
        Gesture("3", "bsssb"),
        Gesture("4", "bssss"),
        Gesture("5", "sssss"),
        Gesture("6", "sbbbs"),
        Gesture("7", "ssbbb"),
        Gesture("8", "sssbb"),
        Gesture("9", "ssssb"),
        Gesture("10", "bcccc"),
    ),
)
"""Taiwan's: seven to nine open one finger more each."""

ASL_DIGITS = GestureSet(
    "asl_digits",
    (
        Gesture("0", ".bbbb", ("thumb touches index", "thumb touches middle")),
        Gesture("1", "bsbbb"),
        Gesture("2", "bssbb"),
        Gesture("3", "sssbb"),
        Gesture("4", "bssss", ("not thumb touches pinky",)),
        Gesture("5", "sssss"),
        Gesture("6", ".sss.", ("thumb touches pinky",)),
        Gesture("7", ".ss.s", ("thumb touches ring",)),
        Gesture("8", ".s.ss", ("thumb touches middle",)),
        Gesture("9", "..sss", ("thumb touches index",)),
    ),
)
"""The digits of American Sign Language: three is European, six to nine are touches."""

SIGNS = GestureSet(
    "signs",
    (
        Gesture("thumb_up", "sbbbb", ("thumb up", "not thumb touches index")),
        Gesture("thumb_down", "sbbbb", ("thumb down", "not thumb touches index")),
        Gesture("fist", "bcccc"),
        Gesture("ok", "..sss", ("thumb touches index",)),
        Gesture("rock", "bsbbs"),
        Gesture("spiderman", "ssbbs"),
        Gesture("victory", "bssbb", ("index and middle spread",)),
        Gesture("pointing", ".sbbb"),
        Gesture("call", "sbbbs"),
        Gesture("four", "bssss"),
        Gesture("open_palm", "sssss"),
    ),
)
"""Common signs; thumb up and down need image axes (y down)."""

GESTURE_SETS = {
    known.name: known for known in (AMERICAN, EUROPEAN, CHINESE, TAIWANESE, ASL_DIGITS, SIGNS)
}
"""The sets above by name."""
