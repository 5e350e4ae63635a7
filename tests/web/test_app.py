import pytest
from visiting import JSON, TOKEN, small_app, visitor

from firsthand.errors import ConfigError
from firsthand.web import local_app


def test_errors_are_told_in_json():
    with visitor(small_app()) as client:
        wrong = client.get("/bad-input")
        assert (wrong.status_code, wrong.json()) == (400, {"detail": "no number: <script>"})
        assert wrong.headers["content-type"] == "application/json"
        broken = client.get("/bad-model")
        assert (broken.status_code, broken.json()) == (500, {"detail": "no model"})


def test_what_nobody_foresaw_tells_nothing_of_the_inside():
    with visitor(small_app(), raise_server_exceptions=False) as client:
        answer = client.get("/broken")
        assert answer.status_code == 500
        assert "secret" not in answer.text


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": "x"}', b"[1]", b"{", b"", b'{"a": 1e999}', b"\xff\xfe"]
)
def test_json_that_is_not_understood_is_an_answer_not_a_crash(body):
    with visitor(small_app()) as client:
        answer = client.post("/number", content=body, headers=JSON)
        assert answer.status_code in (400, 422)
        assert answer.json()["detail"]


def test_there_is_no_description_of_the_interface():
    with visitor(small_app()) as client:
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert client.get(path).status_code == 404


def test_the_theme_is_there_whatever_the_routes():
    with visitor(local_app("Empty", [], token=TOKEN)) as client:
        theme = client.get("/theme/theme.css")
        assert theme.headers["content-type"] == "text/css; charset=utf-8"
        for words in ("prefers-color-scheme: dark", "prefers-reduced-motion", ":focus-visible"):
            assert words in theme.text
        script = client.get("/theme/connection.js")
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "http" not in script.text


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="at least 22"):
        local_app("x", [], token="guess")
    with pytest.raises(ConfigError, match="limited to -1"):
        local_app("x", [], max_body_bytes=-1)
    with pytest.raises(ConfigError, match="limited"):
        local_app("x", [], larger_bodies={"/a": -5})
