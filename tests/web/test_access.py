import pytest

from firsthand.errors import ConfigError
from firsthand.web.access import Access, new_token


def test_tokens_are_long_and_differ():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}


def test_a_token_opens_again_and_again_a_ticket_once():
    access = Access(new_token())
    assert access.redeem(access.token)
    assert access.redeem(access.token)
    first, second = access.new_ticket(), access.new_ticket()
    assert access.redeem(first)
    assert not access.redeem(first)
    assert access.redeem(second)
    assert not access.holds(second)


@pytest.mark.parametrize("given", [None, "", "x", "é" * 43, "\udcff" * 43, "\0" * 43])
def test_anything_else_opens_nothing(given):
    access = Access("a" * 43)
    assert not access.holds(given)
    assert given is None or not access.redeem(given)


def test_the_token_is_not_shown_by_chance():
    access = Access("a" * 43)
    access.new_ticket()
    assert "aaa" not in repr(access)
    assert repr(access) == "Access()"


@pytest.mark.parametrize("token", ["", "short", "a" * 21, "a b" * 10, "ä" * 30, "a/" * 20])
def test_a_token_has_128_bits_and_fits_an_address(token):
    with pytest.raises(ConfigError, match="at least 22"):
        Access(token)
