"""The 21 joints of a hand and the bones between them, in MediaPipe's order."""

from typing import Final

JOINTS: Final = (
    "wrist",
    "thumb_cmc",
    "thumb_mcp",
    "thumb_ip",
    "thumb_tip",
    "index_mcp",
    "index_pip",
    "index_dip",
    "index_tip",
    "middle_mcp",
    "middle_pip",
    "middle_dip",
    "middle_tip",
    "ring_mcp",
    "ring_pip",
    "ring_dip",
    "ring_tip",
    "pinky_mcp",
    "pinky_pip",
    "pinky_dip",
    "pinky_tip",
)
"""Names of the joints; the position in this tuple is the row in `Hand.keypoints`."""

BONES: Final = (
    *((0, 1), (1, 2), (2, 3), (3, 4)),
    *((0, 5), (5, 6), (6, 7), (7, 8)),
    *((5, 9), (9, 10), (10, 11), (11, 12)),
    *((9, 13), (13, 14), (14, 15), (15, 16)),
    *((13, 17), (17, 18), (18, 19), (19, 20)),
    (0, 17),
)
"""Pairs of joints to join by a line when drawing: five fingers and the outline of the palm."""
