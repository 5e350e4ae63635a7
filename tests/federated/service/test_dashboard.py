"""The page on rounds, asked by a program and looked at in Chromium."""

import json
from contextlib import ExitStack

import numpy as np
import pytest
from browsing import DESKTOP, PHONE, Witness, serious
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fleet import ASSUMED, messages_of, opened
from visiting import ORIGIN, TOKEN, visitor

from firsthand.federated import Histogram, Quantiles, SignedPlan, planned
from firsthand.federated.service.dashboard import dashboard_app
from firsthand.federated.service.store import Message
from firsthand.web import running

EVIL = "<img src=x onerror=alert(1)>"
NOW = 1_000_000.0
PATIENCE_MS = 30_000


def asked(store, query, at, region="", **more):
    plan = planned(query, least=8, most=12, assumed=ASSUMED, **more)
    signed = SignedPlan.made(plan, Ed25519PrivateKey.generate())
    store.ask(plan.round_id, signed.to_bytes(), region, 60.0, at)
    return store.named(plan.round_id).number, plan


def brought(store, number, came, total=None, reason=""):
    """Take a round through phases in which so many came."""
    with store.writing() as writer:
        for phase, (expected, answered) in enumerate(came, 1):
            writer.advance(number, phase, expected, answered)
        if total is not None or reason:
            writer.end(number, len(came) + 1, NOW - 60, total=total, devices=11, reason=reason)


@pytest.fixture
def store(tmp_path):
    """Rounds of every kind: done exactly and with privacy, without a sum, and under way."""
    with opened(tmp_path) as found:
        songs = Histogram("songs", (EVIL, "blue", "red"), each=9, most=3)
        minutes = Quantiles("minutes", 0.0, 60.0, at=(0.5, 0.9))
        whole = [(12, 12), (12, 12), (12, 11), (11, 11), (11, 11)]
        number, plan = asked(found, songs, NOW - 7_200)
        brought(found, number, whole, plan.encoded(np.array([5, 9, 1])).tobytes())
        number, plan = asked(found, minutes, NOW - 3_600, epsilon=4.0)
        total = sum(plan.encoded(minutes.local([float(n)])) for n in range(11))
        brought(found, number, whole, total.astype(plan.dtype).tobytes())
        number, _ = asked(found, songs, NOW - 600, region="north")
        brought(found, number, [(12, 9)], reason="7 devices shared their secrets")
        number, _ = asked(found, songs, NOW - 5)
        brought(found, number, [(12, 12)])
        with found.writing() as writer:
            writer.add([Message(number, 2, bytes([n]) * 32, b"x") for n in range(7)])
            writer.see(
                {bytes([n]) * 32: ("north" if n < 7 else "south", NOW - 9) for n in range(12)}
            )
        yield found


def page_of(store):
    return dashboard_app(store, devices="https://fleet.example:8443", token=TOKEN, now=lambda: NOW)


def test_what_is_told_of_rounds(store) -> None:
    with visitor(page_of(store)) as client:
        found = client.get("/api/rounds").json()
        states = [(each["number"], each["state"]) for each in found["rounds"]]
        assert states == [(4, "open"), (3, "abandoned"), (2, "done"), (1, "done")]
        under_way, without, private, exact = found["rounds"]
        assert under_way["phases"][1] == {"name": "shares", "expected": 12, "answered": 7}
        assert under_way["phases"][2]["answered"] is None
        assert without["reason"] == "7 devices shared their secrets"
        assert private["privacy"]["epsilon"] == pytest.approx(4.0, rel=0.01)
        assert exact["question"].startswith("histogram songs")
        assert exact["answer"]["estimates"][0][:2] == ["blue", 9]
        assert exact["phases"][2] == {"name": "vectors", "expected": 12, "answered": 11}
        assert found["regions"] == {"north": 7, "south": 5}
        by_source = {each["source"]: each for each in found["spent"]}
        assert by_source["songs"] == {
            "source": "songs", "rounds": 1, "exact": 1, "epsilon": 0.0, "delta": 1e-5,
        }  # fmt: skip
        assert by_source["minutes"]["exact"] == 0
        assert 2.0 < by_source["minutes"]["epsilon"] < 4.0
        assert len(by_source) == 2
        json.dumps(found, allow_nan=False)


def test_a_round_is_ended_once(store) -> None:
    with visitor(page_of(store)) as client:
        end = [client.post(f"/api/rounds/{n}/end", headers=ORIGIN).status_code for n in (4, 4, 9)]
        assert end == [204, 409, 404]
        assert client.post("/api/rounds/x/end", headers=ORIGIN).status_code == 422
    assert store.record(4).state == "abandoned"
    assert messages_of(store, 4) == []


@pytest.fixture
def look(browser, store):
    """Opens the page; nothing may complain or ask outside."""
    with ExitStack() as stack:
        witness = Witness()
        address = stack.enter_context(running(page_of(store)))
        base = address.partition("/?")[0]

        def opened(viewport=DESKTOP, scheme="light"):
            context = browser.new_context(viewport=viewport, color_scheme=scheme)
            stack.callback(context.close)
            page = context.new_page()
            page.on("console", lambda m: m.type == "error" and witness.complaints.append(m.text))
            page.on("pageerror", lambda error: witness.complaints.append(str(error)))
            page.on(
                "request",
                lambda r: r.url.startswith(base + "/") or witness.asked_outside.append(r.url),
            )
            page.goto(address)
            page.wait_for_selector(".rounds li:nth-child(4)", timeout=PATIENCE_MS)
            return page

        yield opened
        assert witness == Witness()


@pytest.mark.browser
def test_the_page_shows_rounds_and_what_they_found(look) -> None:
    page = look()
    states = page.locator(".state").all_inner_texts()
    assert states == ["Under way", "No sum", "Done", "Done"]
    assert "12 devices seen in the last day from north (7), south (5)" in page.inner_text("#lead")
    lost = page.locator(".rounds li").nth(2).locator(".fewer").all_inner_texts()
    assert lost == ["Vectors\n11 of 12, 1 lost"]
    names = page.locator(".rounds li").nth(3).locator(".answer th").all_inner_texts()
    assert names == ["blue", EVIL, "red"]
    assert page.locator(".budgets .amount").all_inner_texts()[1] == "exact"
    assert page.locator("img").count() == 0


@pytest.mark.browser
def test_a_round_is_ended_by_who_is_sure(look, store) -> None:
    page = look()
    page.click("text=End this round")
    assert store.record(4).state == "open"
    page.wait_for_timeout(1_500)  # a refresh does not take the question back
    page.click("text=End it for good")
    page.wait_for_selector("text=Somebody ended it on the dashboard.", timeout=PATIENCE_MS)
    assert page.locator(".state").first.inner_text() == "No sum"


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(look, viewport, scheme) -> None:
    page = look(viewport, scheme)
    assert serious(page) == []
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= viewport["width"]
