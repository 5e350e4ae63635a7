"""The leaderboard's page in Chromium, used as people would."""

import re
from contextlib import ExitStack

import pytest
from board_models import classifier
from board_page import QUICK, NoJudge, card_of, images_in, standing, submitted
from browsing import DESKTOP, PHONE, Witness, serious
from visiting import TOKEN

from firsthand.challenge.leaderboard import Board
from firsthand.challenge.web import leaderboard_app
from firsthand.challenge.web.judge import JudgeProcess
from firsthand.web import running

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000
EVIL = "<img src=x onerror=alert(1)>"


def filled(folder) -> dict[str, str]:
    """A board with something of everything; SHA-256 by name."""
    images = images_in(folder / "images")
    with Board(folder / "board") as board:
        found = {}
        for seed, (name, accuracy, ms, more) in enumerate(
            (
                ("fast", 0.40, 1.1, {}),
                ("middling", 0.59, 3.2, {}),
                ("beaten", 0.50, 7.4, {"remarks": (f"its card claims 99.0% ({EVIL})",)}),
                ("best", 0.71, 14.0, {"doubts": ("the machine slept for 2.0 s meanwhile",)}),
            )
        ):
            found[name] = submitted(
                *(board, folder / "models", seed),
                standing(images, accuracy=accuracy, ms=ms, **more),
                name=name,
                description=f"{EVIL} a network",
                licence=EVIL,
            )
        found["hangs"] = submitted(
            board, folder / "models", 10, refused="it gave no answer in time", name="hangs"
        )
        found["next"] = submitted(board, folder / "models", 11, name="next")
    return found


class Seen:
    """A page, the judge behind it, and what it was seen to do."""

    def __init__(self, page, base: str, judge) -> None:
        self.page, self.base, self.judge, self.witness = page, base, judge, Witness()

        def note(request) -> None:
            if not request.url.startswith(f"{base}/"):
                self.witness.asked_outside.append(request.url)

        page.on(
            "console",
            lambda said: said.type == "error" and self.witness.complaints.append(said.text),
        )
        page.on("pageerror", lambda error: self.witness.complaints.append(str(error)))
        page.on("request", note)

    def text(self, selector: str, words) -> None:
        from playwright.sync_api import expect

        expect(self.page.locator(selector).first).to_have_text(words, timeout=PATIENCE_MS)

    def count(self, selector: str, count: int) -> None:
        from playwright.sync_api import expect

        expect(self.page.locator(selector)).to_have_count(count, timeout=PATIENCE_MS)

    def names(self) -> list[str]:
        return self.page.locator("button.name").all_inner_texts()


@pytest.fixture
def visit(browser, tmp_path):
    """Opens the page on the board of `tmp_path`; nothing may complain or ask outside."""
    with ExitStack() as stack:
        visitors = []

        def opened(viewport=DESKTOP, scheme="light", start=NoJudge) -> Seen:
            judges = []

            def begun(orders):
                judges.append(start(orders))
                return judges[0]

            images = images_in(tmp_path / "images")
            local = leaderboard_app(tmp_path / "board", images, QUICK, start=begun, token=TOKEN)
            address = stack.enter_context(running(local))
            context = browser.new_context(viewport=viewport, color_scheme=scheme)
            stack.callback(context.close)
            seen = Seen(context.new_page(), address.partition("/?")[0], judges[0])
            visitors.append(seen)
            seen.page.goto(address)
            seen.page.wait_for_url(f"{seen.base}/")
            seen.page.wait_for_function("() => document.querySelector('#machine').textContent")
            return seen

        yield opened
        for seen in visitors:
            assert seen.witness.asked_outside == []
            assert seen.witness.complaints == []


def test_models_are_ranked_and_can_be_ordered_otherwise(visit, tmp_path):
    filled(tmp_path)
    seen = visit()
    seen.count("tbody tr", 6)
    assert seen.names() == ["best", "middling", "beaten", "fast", "next", "hangs"]
    assert seen.page.locator(".rank").all_inner_texts() == ["1", "2", "3", "4", "", ""]
    seen.page.click("th.median button")
    assert seen.names()[:4] == ["fast", "middling", "beaten", "best"]
    assert seen.page.get_attribute("th.median", "aria-sort") == "ascending"
    seen.page.click("th.median button")
    assert seen.names()[:4] == ["best", "beaten", "middling", "fast"]
    assert seen.page.get_attribute("th.score", "aria-sort") is None
    states = seen.page.locator("td.state .told").all_inner_texts()
    assert sorted(states) == ["Disturbed", "Judged", "Judged", "Marked", "Refused", "Waiting"]
    assert "33 ms \xd7 6 images" in seen.page.inner_text("#legend")
    assert "core" in seen.page.inner_text("#machine")


def test_a_point_and_its_row_light_up_together(visit, tmp_path):
    keys = filled(tmp_path)
    seen = visit()
    seen.count(".mark", 4)
    assert seen.page.locator(".mark.best").count() == 3
    assert seen.page.locator(".mark.doubtful").count() == 1
    for name in ("fast", "beaten"):
        seen.page.hover(f'.mark[data-sha256="{keys[name]}"] .dot')
        seen.text(".tip b", name)
        assert seen.page.locator("tr.on").get_attribute("data-sha256") == keys[name]
    seen.page.hover(f'tr[data-sha256="{keys["best"]}"]')
    seen.text(".tip b", "best")
    assert seen.page.locator(".mark.on").get_attribute("data-sha256") == keys["best"]
    seen.page.mouse.move(5, 5)
    seen.count("tr.on, .mark.on", 0)
    assert seen.page.is_hidden(".tip")


def test_the_plot_is_reached_and_left_by_keys(visit, tmp_path):
    filled(tmp_path)
    seen = visit()
    seen.count(".mark", 4)
    seen.page.focus("#submit")
    seen.page.keyboard.press("Tab")
    names = []
    for key in ("", "ArrowRight", "ArrowRight", "End", "ArrowLeft", "Home"):
        if key:
            seen.page.keyboard.press(key)
        names.append(seen.page.inner_text(".tip b"))
    assert names == ["fast", "middling", "beaten", "best", "beaten", "fast"]
    label = seen.page.evaluate("() => document.activeElement.ariaLabel")
    assert re.match(r"fast: 40\.0%, .* at 1\.1 ms, on the frontier", label)
    seen.page.keyboard.press("Enter")
    seen.text("#details h2", "fast")
    seen.page.keyboard.press("Escape")
    seen.page.wait_for_selector("#details", state="hidden")
    assert seen.page.evaluate("() => document.activeElement.ariaLabel") == label
    seen.page.focus("#submit")
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("() => document.activeElement.className") == "head"


def test_details_are_text_and_a_model_can_be_removed(visit, tmp_path):
    filled(tmp_path)
    seen = visit()
    seen.page.click("button.name >> text=beaten")
    words = seen.page.inner_text("#details")
    assert words.count(EVIL) == 3
    assert "50.0%" in words
    assert "33 ms \xd7 600" in words
    assert seen.page.locator("img").count() == 0
    seen.page.click("#details button >> text=Remove")
    seen.page.click("#details button >> text=Remove for good")
    seen.page.wait_for_selector("#details", state="hidden")
    seen.count("tbody tr", 5)
    assert "beaten" not in seen.names()
    seen.page.click("button.name >> text=hangs")
    seen.page.click("#details button >> text=Judge again")
    seen.text("#details dd", "Waits its turn")


def test_a_model_is_dropped_with_its_card_and_judged(visit, tmp_path):
    data = classifier()
    (tmp_path / "mine.tflite").write_bytes(data)
    card = card_of(data, name="from-its-card", preprocessing="0..1")
    (tmp_path / "mine.json").write_bytes(card.to_json())
    seen = visit(start=JudgeProcess)
    seen.page.wait_for_selector("#welcome:not([hidden])")
    seen.page.set_input_files("#chosen", [tmp_path / "mine.tflite", tmp_path / "mine.json"])
    seen.text("button.name", "from-its-card")
    seen.text("td.state .told", re.compile("Judged|Disturbed|Marked"))
    seen.text("td.accuracy", re.compile(r"100\.0"))
    seen.count(".mark", 1)
    (tmp_path / "again.tflite").write_bytes(data)
    seen.page.set_input_files("#chosen", tmp_path / "again.tflite")
    seen.text("#remark", re.compile("was submitted before"))
    seen.count("tbody tr", 1)


def test_files_are_dropped_anywhere(visit, tmp_path):
    seen = visit()
    seen.page.evaluate(
        """(data) => {
          const carried = new DataTransfer();
          carried.items.add(new File([new Uint8Array(data)], "dropped.tflite"));
          const about = { dataTransfer: carried, bubbles: true, cancelable: true };
          const event = (kind) => new DragEvent(kind, about);
          document.body.dispatchEvent(event("dragenter"));
          window.covered = !document.querySelector("#drop").hidden;
          document.body.dispatchEvent(event("drop"));
        }""",
        list(classifier()),
    )
    seen.text("button.name", "dropped")
    assert seen.page.evaluate("() => covered")
    assert seen.page.is_hidden("#drop")


def test_what_cannot_be_taken_is_said(visit, tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "alone.json").write_text("{}")
    (tmp_path / "wrong.tflite").write_bytes(b"x" * 40)
    (tmp_path / "wrong.json").write_bytes(card_of(b"other").to_json())
    seen = visit()
    seen.page.set_input_files("#chosen", tmp_path / "notes.txt")
    seen.text("#remark", re.compile("notes.txt is no model"))
    seen.page.set_input_files("#chosen", tmp_path / "alone.json")
    seen.text("#remark", re.compile("a card without its model"))
    seen.page.set_input_files("#chosen", [tmp_path / "wrong.tflite", tmp_path / "wrong.json"])
    seen.text("#sending small", re.compile("the card of tiny promises"))
    seen.witness.complaints.clear()  # the browser's own word about status 400
    seen.page.click("#sending button")
    seen.count("#sending li", 0)


def test_what_the_judge_does_is_seen_as_it_happens(visit, tmp_path):
    keys = filled(tmp_path)
    seen = visit()
    seen.count("tbody tr", 6)
    with Board(tmp_path / "board") as board:
        assert board.take().sha256 == keys["next"]
        seen.text(f'tr[data-sha256="{keys["next"]}"] .told', "Judging")
        seen.judge.say(judging=keys["next"], stage="measuring", share=0.42)
        seen.text(f'tr[data-sha256="{keys["next"]}"] .told', "Timing 42%")
        board.conclude(keys["next"], standing(tmp_path / "images", accuracy=0.9, ms=5.0))
    seen.count(".mark", 5)
    assert seen.names()[0] == "next"
    seen.judge.say(problem="another measurement goes on")
    seen.text("#problem", "Another measurement goes on.")
    seen.judge.say()
    seen.page.wait_for_selector("#problem", state="hidden")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_is_accessible_and_fits(visit, tmp_path, viewport, scheme):
    seen = visit(viewport, scheme)
    seen.page.wait_for_selector("#welcome:not([hidden])")
    assert serious(seen.page) == []
    filled(tmp_path)
    seen.count(".mark", 4)
    wide = "() => document.documentElement.scrollWidth - innerWidth"
    assert serious(seen.page) == []
    assert seen.page.evaluate(wide) <= 0
    seen.page.click("button.name")
    seen.page.wait_for_selector("#details h2")
    assert serious(seen.page) == []
    assert seen.page.evaluate(wide) <= 0
    ground = seen.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 380
    assert light == (scheme == "light")
