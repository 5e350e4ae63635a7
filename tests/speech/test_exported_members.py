"""The public names of `firsthand.speech`, so that a change of them is seen."""

from firsthand import speech


def test_names_are_those_that_are_known() -> None:
    assert speech.__all__ == [
        "Classifier",
        "Frames",
        "Heard",
        "Hearing",
        "Personal",
        "Representation",
        "SpeechNetwork",
        "joined",
        "open_representation",
        "own",
        "personalize",
        "representation_names",
        "scene_of",
    ]
    assert all(getattr(speech, name) for name in speech.__all__)
    assert dir(speech) == speech.__all__
