"""The public names of `firsthand.concealment`, so that a change of them is seen."""

from firsthand import concealment


def test_names_are_those_that_are_known() -> None:
    assert concealment.__all__ == [
        "Concealer",
        "Decoded",
        "Decoder",
        "Generative",
        "JitterBuffer",
        "LinearPcm",
        "Packet",
        "Settings",
        "Statistics",
        "begin",
        "fill",
        "open_concealer",
        "step",
    ]
    assert all(getattr(concealment, name) for name in concealment.__all__)
    assert dir(concealment) == concealment.__all__
