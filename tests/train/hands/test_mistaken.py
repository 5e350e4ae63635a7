from pathlib import Path

import numpy as np
import pytest
from fake_models import FakeScene

from firsthand.errors import InputError
from firsthand.train.hands.mistaken import SIDE_PX, mistaken_samples
from firsthand.train.hands.samples import Sample, SampleFolder, write_samples

from .drawn_hands import drawn


@pytest.fixture
def pictures(tmp_path: Path) -> SampleFolder:
    """Ten pictures of 200 x 200 with a hand in their left lower half, ten without."""
    with_hand, samples = drawn(1.0), []
    for number in range(20):
        image = np.full((200, 200, 3), 10 * number, np.uint8)
        image[:20, -20:] = 255
        hands = ()
        if number % 2:
            image[100:, :100] = with_hand.image
            points = with_hand.hands[0].keypoints + np.array([0, 100, 0], np.float32)
            hands = (type(with_hand.hands[0])(points, *_rest(with_hand)),)
        samples.append(Sample(image, hands, str(number)))
    write_samples(tmp_path / "pictures", samples)
    return SampleFolder.open(tmp_path / "pictures")


def _rest(sample: Sample) -> tuple[object, ...]:
    hand = sample.hands[0]
    return hand.metres, hand.known, hand.seen, hand.right, hand.origin


def test_palms_where_no_hand_is_are_cut_out(pictures: SampleFolder) -> None:
    palm = FakeScene(palms=[(0.25, 0.8), (0.75, 0.25)], ours=True).models.palm
    found = list(mistaken_samples(0, 30, pictures, palm, part=0, parts=1))
    assert {sample.image.shape for sample in found} == {(SIDE_PX, SIDE_PX, 3)}
    assert not any(sample.hands for sample in found)
    from_each = [sum(s.name.split("/")[1] == str(n) for s in found) for n in range(20)]
    assert from_each == [2, 1] * 10  # the palm of a hand is not mistaken


def test_parts_share_the_pictures_between_them(pictures: SampleFolder) -> None:
    palm = FakeScene(palms=[(0.75, 0.25)], ours=True).models.palm
    parts = [list(mistaken_samples(3, 5, pictures, palm, part=n, parts=4)) for n in range(4)]
    names = [sample.name for part in parts for sample in part]
    assert len(set(names)) == 20
    again = [s.name for s in mistaken_samples(3, 5, pictures, palm, part=2, parts=4)]
    assert again == [s.name for s in parts[2]]


def test_a_detector_that_is_hardly_ever_wrong_is_told(pictures: SampleFolder) -> None:
    palm = FakeScene(palms=[(0.25, 0.8)], ours=True).models.palm
    with pytest.raises(InputError, match="wrong only 10 times in 20 pictures, where 11"):
        list(mistaken_samples(0, 11, pictures, palm, part=0, parts=1))
