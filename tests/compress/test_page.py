"""The page of a family: what it holds, and what it does in Chromium."""

import base64
import hashlib
import json
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser

import pytest
from browsing import DESKTOP, serious
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from firsthand.compress import Budget, Member, choose, frontier, parse_budget
from firsthand.compress.page import PAGE, write_page
from firsthand.errors import InputError

PHONE = {"width": 390, "height": 844}
EVIL = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)> & \u2028 <!--<script>',
    "{{ 7*7 }} \u202e \udcff ' `",
)
AXES = {
    "median": ("Median time, ms", "median_us"),
    "size": ("Size, KB", "bytes"),
    "macs": ("MACs, M", "macs"),
    "energy": ("Energy proxy, µJ", "energy_uj"),
    "memory": ("Memory, MB", "memory_mb"),
}


def member(name: str, accuracy: float, size: int, us: float, **changes) -> Member:
    made = Member(
        *(name, f"{name}.tflite", "int8", size, size * 50),
        *(accuracy, max(0.0, accuracy - 0.012), min(1.0, accuracy + 0.011)),
        *(min(1.0, accuracy + 0.05), us, us * 0.98, us * 1.02, us * 1.1),
        *(2 + size / 4e5, us / 10),
    )
    return replace(made, **changes)


FAMILY = (
    member("teacher", 0.94, 26_000_000, 9_000, teacher=True, kind="float32"),
    member("large", 0.935, 2_000_000, 1_500),
    member("middle", 0.92, 700_000, 600),
    member("beaten", 0.91, 900_000, 800),
    member("small", 0.90, 250_000, 300),
)
MANY = (
    member("an-efficient-teacher-b4", 0.948, 38_400_000, 21_000, teacher=True),
    *(
        member(f"student-w{w}-d{d}", 0.85 + 0.03 * w + 0.01 * d, int(9e4 * w**2 * d), 200 * w * d)
        for w in (1, 1.5, 2, 2.5)
        for d in (1, 2, 3)
    ),
)
EQUAL = tuple(member(name, 0.9, 500_000, 500) for name in ("first", "second", "third"))


class Parsed(HTMLParser):
    """A page's tags with attributes, its text, and what its scripts and styles hold."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.words, self.within, self.sources = [], "", "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.within = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag):
        self.within = ""

    def handle_data(self, data):
        if self.within:
            self.sources.append((self.within, data))
        else:
            self.words = " ".join([*self.words.split(), *data.split(), ""])

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    def family(self):
        return json.loads(self.sources[1][1])


def parsed(folder, members=FAMILY, title="A family", budget=None) -> Parsed:
    path = write_page(folder, members, title=title, budget=budget)
    assert path == folder / PAGE
    return Parsed(path.read_text(encoding="utf-8"))


def test_all_members_are_told_with_their_figures(tmp_path):
    page = parsed(tmp_path, budget=parse_budget("size <= 1 MB"))
    for each in FAMILY:
        assert f" {each.name} " in page.words
    assert "4 students that learnt from teacher ; within size ≤ 1000 KB, " in page.words
    assert "the most accurate is middle ." in page.words
    for words in ("92.00 90.80 to 93.10", "97.00", "700 37.1\xd7 smaller", "37.1\xd7 fewer"):
        assert f" {words} " in page.words
    assert " 26 000 " in page.words
    assert "0.600 0.588 to 0.612 15.0\xd7 faster 0.660" in page.words
    (size,) = [each for each in page.all("input") if each["id"] == "bytes"]
    assert size["value"] == "1000"


def test_it_asks_for_nothing_and_runs_only_its_own_script(tmp_path):
    page = parsed(tmp_path)
    asking = {"src", "href", "style", "action"}
    assert not any(asking & set(attrs) or tag == "link" for tag, attrs in page.tags)
    assert [tag for tag, _ in page.sources] == ["style", "script", "script"]
    (policy,) = [each["content"] for each in page.all("meta") if "http-equiv" in each]
    found = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for _, text in (page.sources[0], page.sources[2])
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{found[0]}'; script-src 'sha256-{found[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_hostile_names_are_text(tmp_path):
    named = [
        replace(each, name=name, kind=name, file=name)
        for each, name in zip(FAMILY, EVIL, strict=False)
    ]
    page, plain = parsed(tmp_path, named, EVIL[0]), parsed(tmp_path, FAMILY[: len(EVIL)])
    kinds = [tag for tag, _ in page.tags]
    assert kinds == [tag for tag, _ in plain.tags]
    assert page.sources[0] == plain.sources[0]
    assert page.sources[2] == plain.sources[2]
    assert [each["name"] for each in page.family()] == list(EVIL)
    assert EVIL[1] in page.words
    assert "{{ 7*7 }}" in page.words


def test_a_family_without_a_teacher_has_no_drop_and_no_ratios(tmp_path):
    page = parsed(tmp_path, FAMILY[1:])
    assert "A family of 4 students; the most accurate is large ." in page.words
    assert "\xd7" not in page.words
    assert "drop" not in [each["id"] for each in page.all("input")]


def test_one_student_that_is_too_big(tmp_path):
    page = parsed(tmp_path, FAMILY[:2], budget=parse_budget("size <= 100 KB, p90 <= 9 ms"))
    assert "A family of 1 student that learnt from" in page.words
    assert "none is within size ≤ 100 KB, p90 ≤ 9 ms, and the nearest is large : " in page.words
    assert "size is 2000 KB, above 100." in page.words


@pytest.mark.parametrize(
    ("members", "budget", "why"),
    [
        ((*FAMILY, replace(FAMILY[1], name="x", p90_us=float("nan"))), None, "x: p90_us is nan"),
        ((*FAMILY, replace(FAMILY[1], top3=1.0)), None, "two models have one name"),
        (FAMILY[:1], None, "no students"),
        ((), None, "no students"),
        (FAMILY[1:], Budget(drop=0.01), "needs a teacher"),
    ],
)
def test_what_cannot_be_shown_is_refused(tmp_path, members, budget, why):
    with pytest.raises(InputError, match=why):
        write_page(tmp_path, members, title="A family", budget=budget)
    assert not (tmp_path / PAGE).exists()


@pytest.fixture
def visit(browser, tmp_path):
    """Opens a family's page in a context of its own; nothing may complain or ask outside."""
    contexts, complaints, asked = [], [], []

    def opened(members=FAMILY, budget=None, viewport=DESKTOP, scheme="light", title="A family"):
        path = write_page(tmp_path, members, title=title, budget=budget)
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector(".mark")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.rpartition("/")[2] for url in asked} == {PAGE}


def picked(page, typed=None) -> list:
    """The name that the page takes and what it costs too much, after `typed` is in its fields."""
    return page.evaluate(
        """(typed) => {
          for (const field of typed ? document.querySelectorAll(".limits input") : []) {
            field.value = typed[field.id] ?? "";
            field.dispatchEvent(new Event("input"));
          }
          const pick = document.querySelector("#pick"), name = pick.querySelector("strong");
          const said = [...pick.querySelectorAll("span")].map((each) => each.textContent);
          return [name.textContent, pick.classList.contains("none") ? said : []];
        }""",
        typed,
    )


def marked(page, kind: str) -> list[int]:
    """The numbers of the points that are of a kind."""
    read = "(all) => all.map((each) => Number(each.dataset.at))"
    return page.locator(f".mark.{kind}").evaluate_all(read)


def names(page) -> list[str]:
    return page.locator("tbody th bdi").all_inner_texts()


def in_parts(words: str) -> tuple[list[float], str]:
    """A sentence's numbers, and what is between them."""
    number = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
    return [float(each) for each in re.findall(number, words)], re.sub(number, "#", words).lower()


SHARES = st.sampled_from([0.0, 0.5, 0.9, 0.905, 0.91, 1.0]) | st.floats(0.5, 1.0)
TIMES_US = st.sampled_from([100.0, 250.0, 333.3]) | st.floats(50.0, 50_000.0)
SIZES = st.sampled_from([1001, 70_000, 250_000]) | st.integers(1_000, 40_000_000)


@st.composite
def families(draw) -> tuple[Member, ...]:
    count = draw(st.integers(1, 5))
    teacher = draw(st.integers(-1, count))
    return tuple(
        member(
            *(f"m{at}", draw(SHARES), draw(SIZES), draw(TIMES_US)),
            p90_us=draw(TIMES_US),
            macs=draw(st.sampled_from([0, 5_000_000]) | st.integers(0, 10**9)),
            teacher=at == teacher,
        )
        for at in range(count + 1)
    )


@st.composite
def budgets(draw, family) -> tuple[Budget, dict[str, str]]:
    """A budget near what the models of a family cost, and how it is typed."""
    limits, typed = {}, {}

    def limit(name: str, typing, most) -> None:
        if draw(st.booleans()):
            typed[name] = repr(draw(typing))
            limits[name] = most(float(typed[name]))

    def near(field: str, scale: float):
        values = [getattr(each, field) / scale for each in family]
        return st.sampled_from(values) | st.floats(0.5 * min(values), max(values) or 1)

    limit("bytes", near("bytes", 1e3).map(lambda kb: round(kb, 3)), lambda kb: round(kb * 1e3))
    limit("median_us", near("median_us_high", 1e3), lambda ms: ms * 1e3)
    limit("p90_us", near("p90_us", 1e3), lambda ms: ms * 1e3)
    limit("macs", near("macs", 1e6).map(lambda m: round(m, 6)), lambda m: round(m * 1e6))
    limit("accuracy", near("accuracy", 0.01), lambda percent: percent / 100)
    if any(each.teacher for each in family):
        limit("drop", st.floats(0, 20).map(lambda points: round(points, 2)), lambda pt: pt / 100)
    return Budget(**limits), typed


@pytest.mark.slow
@pytest.mark.browser
def test_the_page_takes_what_choose_takes(visit, tmp_path):
    page = visit()

    @settings(max_examples=12, phases=[Phase.generate])
    @given(st.data())
    def holds(data):
        family = data.draw(families())
        write_page(tmp_path, family, title="Any family")
        page.reload()
        page.wait_for_selector(".mark")
        best = [at for at, each in enumerate(family) if each in frontier(family)]
        assert marked(page, "best") == best
        for _ in range(6):
            budget, typed = data.draw(budgets(family))
            choice = choose(family, budget)
            name, excess = picked(page, typed)
            assert name == choice.member.name
            for ours, wanted in zip(excess, choice.excess, strict=True):
                numbers, words = in_parts(ours.removesuffix("."))
                expected, plain = in_parts(wanted)
                assert words == plain
                assert numbers == pytest.approx(expected, rel=1e-3, abs=0.011)
            assert marked(page, "pick") == [family.index(choice.member)]

    holds()


@pytest.mark.browser
def test_of_equals_the_page_takes_the_one_that_choose_takes(visit):
    faster = replace(EQUAL[2], name="faster", median_us=499.0)
    page = visit((*EQUAL, faster))
    for typed, budget in (({}, Budget()), ({"bytes": "1"}, Budget(bytes=1_000))):
        assert picked(page, typed)[0] == choose((*EQUAL, faster), budget).member.name
    assert [picked(page, typed)[0] for typed in ({}, {"bytes": "1"})] == ["faster", "first"]


@pytest.mark.browser
def test_limits_are_followed_as_they_are_typed(visit):
    page = visit(budget=parse_budget("size <= 1 MB, accuracy drop <= 2 pt"))
    assert picked(page) == ["middle", []]
    assert page.locator("tr:has(.chosen:visible) bdi").first.inner_text() == "middle"
    assert marked(page, "over") == [1, 3, 4]
    assert page.locator(".limit line").count() == 1
    page.select_option("#axis", "size")
    assert page.locator(".limit line").count() == 2
    page.fill("#bytes", "300")
    assert picked(page) == ["small", ["Accuracy is 4.00 points below its teacher's."]]
    assert page.inner_text(".chosen:visible") == "nearest"
    page.fill("#drop", "")
    assert picked(page) == ["small", []]
    page.fill("#bytes", "")
    assert picked(page) == ["large", []]
    page.fill("#median_us", "-1")
    assert picked(page) == ["large", []]
    assert page.get_attribute("#median_us", "aria-invalid") == "true"
    page.fill("#median_us", "0")
    assert page.get_attribute("#median_us", "aria-invalid") == "false"
    assert picked(page) == ["large", ["Latency is 1.53 ms, above 0."]]


@pytest.mark.browser
@pytest.mark.parametrize("family", [FAMILY, MANY, EQUAL, FAMILY[1:2]])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_axis_orders_the_points_and_cuts_no_word(visit, family, viewport):
    page = visit(family, viewport=viewport)
    for key, (title, field) in AXES.items():
        page.select_option("#axis", key)
        assert page.text_content(".axes .title") == title
        places = page.locator(".mark .reach").evaluate_all(
            "(all) => all.map((each) => each.cx.baseVal.value)"
        )
        costs = [getattr(each, field) for each in family]
        order = sorted(range(len(family)), key=lambda at: costs[at])
        assert [places[at] for at in order] == sorted(places)
        beaten = [
            any(
                (other.accuracy, -cost) != (each.accuracy, -costs[at])
                and other.accuracy >= each.accuracy
                and cost <= costs[at]
                for other, cost in zip(family, costs, strict=True)
            )
            for at, each in enumerate(family)
        ]
        assert all(not beaten[at] for at in marked(page, "best"))
        assert {costs[at] for at in marked(page, "best")} == {
            cost for cost, lost in zip(costs, beaten, strict=True) if not lost
        }
        boxes = page.evaluate(
            """() => [...document.querySelectorAll("#plot text")].map((each) => {
              const { left, right, top, bottom } = each.getBoundingClientRect();
              return [left, right, top, bottom, each.closest(".names") ? 1 : 0];
            })"""
        )
        card = page.locator(".views .card").first.bounding_box()
        for left, right, top, bottom, _ in boxes:
            assert card["x"] < left < right < card["x"] + card["width"]
            assert card["y"] < top < bottom < card["y"] + card["height"]
        named = [box for box in boxes if box[4]]
        assert len(named) == len(family) or len(family) > 5
        assert not any(
            a[0] < b[1] - 1 and b[0] < a[1] - 1 and a[2] < b[3] - 3 and b[2] < a[3] - 3
            for at, a in enumerate(named)
            for b in named[:at]
        )


@pytest.mark.browser
def test_points_are_reached_by_keys_and_by_the_pointer(visit):
    page = visit()
    page.focus("#axis")
    page.keyboard.press("Tab")
    seen = []
    for key in ("Home", "ArrowRight", "ArrowUp", "End", "ArrowRight", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
        seen.append(page.inner_text(".tip b"))
    assert seen == ["small", "middle", "beaten", "teacher", "teacher", "large", "beaten"]
    assert page.inner_text("tr.on bdi >> nth=0") == "beaten"
    label = page.evaluate("() => document.activeElement.ariaLabel")
    assert label.startswith("beaten, 91.00 % correct, 89.80 to 92.10, 0.800 ms, p90 0.880, ")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.id") == "bytes"
    assert page.is_hidden(".tip")
    page.hover('.mark[data-at="0"] .dot')
    assert page.inner_text(".tip b") == "teacher"
    page.hover("h1")
    assert page.is_hidden(".tip")
    page.hover("tbody tr >> nth=1")
    assert page.inner_text(".tip b") == "large"
    assert page.locator(".mark.on").get_attribute("data-at") == "1"


@pytest.mark.browser
def test_the_table_is_sorted_by_any_column(visit):
    page = visit()
    for head in page.locator(".head").all():
        field = head.get_attribute("data-by")
        values = {each.name: getattr(each, field) for each in FAMILY}
        falling = field in ("accuracy", "top3")
        for turned in (False, True):
            head.click()
            shown = [values[name] for name in names(page) if name in values]
            assert shown == sorted(values.values(), reverse=falling ^ turned)
            ways = page.locator("th[aria-sort]").evaluate_all("(all) => all.map((e) => e.ariaSort)")
            assert ways == ["descending" if falling ^ turned else "ascending"]


@pytest.mark.browser
def test_hostile_names_do_nothing_in_a_browser(visit):
    named = [replace(each, name=name) for each, name in zip(FAMILY, EVIL, strict=False)]
    page = visit(named, title=EVIL[0], viewport=PHONE)
    assert page.title() == EVIL[0]
    assert page.locator("img, main svg[onload]").count() == 0
    assert page.locator("tbody th bdi").first.inner_text() == EVIL[0]
    page.locator(".mark").nth(1).focus()
    assert page.inner_text(".tip b") == EVIL[1]
    assert picked(page)[0] == EVIL[1]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_is_accessible_and_fits(visit, viewport, scheme):
    long = replace(FAMILY[1], name="x" * 120)
    page = visit((*MANY, long), parse_budget("size <= 1 KB"), viewport, scheme)
    page.locator(".mark").nth(1).focus()
    assert serious(page) == []
    assert picked(page, {})[1] == []
    assert serious(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 380
    assert light == (scheme == "light")


def test_the_family_is_written_as_it_is(tmp_path):
    for each, found in zip(MANY, parsed(tmp_path, MANY).family(), strict=True):
        assert {name: found[name] for name in asdict(each)} == asdict(each)
