import firsthand.objects.live
import firsthand.web.live


def test_public_names_are_frozen():
    assert " ".join(firsthand.web.live.__all__) == (
        "MOST_CONNECTIONS LiveSystem PageOptions live_page with_given"
    )
    assert " ".join(firsthand.objects.live.__all__) == "LiveOptions live_app"
    for module in (firsthand.web.live, firsthand.objects.live):
        for name in module.__all__:
            assert getattr(module, name) is not None
