import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.websockets import WebSocketDisconnect
from visiting import ADDRESS, JSON, ORIGIN, SOCKETS, TOKEN, small_app, visitor

SECRET = "home"


def test_the_token_is_exchanged_for_a_cookie_once():
    with visitor(small_app(), enter=False) as client:
        assert client.get("/").status_code == 403
        entry = client.get("/", params={"token": TOKEN})
        assert entry.status_code == 200
        assert 'content="0; url=/"' in entry.text
        assert TOKEN not in entry.text
        cookie = entry.headers["set-cookie"]
        assert cookie == f"firsthand_8000={TOKEN}; HttpOnly; Path=/; SameSite=strict"
        assert client.get("/").json() == {"home": True}


def test_a_ticket_works_once():
    local = small_app()
    ticket = local.access.new_ticket()
    for expected in (200, 403):
        with visitor(local, enter=False) as client:
            assert client.get("/", params={"token": ticket}).status_code == expected
            assert client.get("/").status_code == expected


@pytest.mark.parametrize(
    "query",
    ["token=", "token=x", f"token={TOKEN}x", f"token={TOKEN[:-1]}", f"token={TOKEN}&token={TOKEN}"],
)
def test_a_wrong_token_is_refused(query):
    with visitor(small_app(), enter=False) as client:
        answer = client.get(f"/?{query}")
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
        assert SECRET not in answer.text


@pytest.mark.parametrize("path", ["/", "/echo", "/theme/theme.css", "/nowhere", "/../x"])
@pytest.mark.parametrize("cookie", [None, "firsthand_8000=wrong", f"firsthand_9={TOKEN}"])
def test_nothing_is_told_without_the_cookie(path, cookie):
    with visitor(small_app(), enter=False) as client:
        headers = {} if cookie is None else {"cookie": cookie}
        answer = client.get(path, headers=headers)
        assert answer.status_code == 403
        assert answer.text.startswith("Open this page with the address that the terminal shows")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=60))
def test_no_other_token_gets_in(token):
    with visitor(small_app(), enter=False) as client:
        assert client.get("/", params={"token": token}).status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8000",
        "127.0.0.1.evil.example:8000",
        "127.0.0.1",
        "127.0.0.1:8001",
        "127.0.0.1:8000.evil.example",
        "evil.example@127.0.0.1:8000",
        "192.168.0.7:8000",
        "localhost.:8000",
        "",
    ],
)
def test_a_name_that_was_pointed_here_is_refused(host):
    """DNS rebinding: the browser believes that it talks to the other site."""
    with visitor(small_app()) as client:
        for params in ({}, {"token": TOKEN}):
            answer = client.get("/", params=params, headers={"host": host})
            assert answer.status_code == 403
            assert SECRET not in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost:8000", "LocalHost:8000", "[::1]:8000"]
)
def test_names_of_this_computer_are_taken(host):
    with visitor(small_app()) as client:
        assert client.get("/", headers={"host": host}).status_code == 200


def test_two_hosts_in_one_request_are_refused():
    with visitor(small_app()) as client:
        headers = [("host", "127.0.0.1:8000"), ("host", "evil.example")]
        assert client.get("/", headers=headers).status_code == 403


FOREIGN = [
    "http://evil.example",
    "null",
    "https://127.0.0.1:8000",
    "http://127.0.0.1:9000",
    "http://127.0.0.1",
    "http://localhost:8000",
    f"{ADDRESS}/",
    f"{ADDRESS}.evil.example",
]


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_other_sites_may_not_ask(origin, method):
    with visitor(small_app()) as client:
        answer = client.request(method, "/echo", headers={"origin": origin})
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_what_changes_something_must_say_where_it_comes_from(method):
    with visitor(small_app()) as client:
        assert client.request(method, "/echo").status_code == 403


def test_the_page_itself_may_ask():
    with visitor(small_app()) as client:
        assert client.post("/echo", content=b"abc", headers=ORIGIN).json() == {"bytes": 3}


@pytest.mark.parametrize("site", ["cross-site", "same-site", "sideways"])
def test_what_other_sites_embed_is_refused(site):
    with visitor(small_app()) as client:
        headers = {"sec-fetch-site": site}
        assert client.get("/theme/theme.css", headers=headers).status_code == 403
        # but a link there, as in a mail, leads here
        assert client.get("/", params={"token": TOKEN}, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/nowhere", "/theme/theme.css", "/broken"])
def test_every_answer_is_fenced_in(path):
    with visitor(small_app(powers=["camera"]), raise_server_exceptions=False) as client:
        headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=(self), microphone=()" in headers["permissions-policy"]


def test_a_body_is_limited_whether_it_says_its_size_or_not():
    with visitor(small_app(max_body_bytes=10, larger_bodies={"/number": 20})) as client:
        assert client.post("/echo", content=b"x" * 10, headers=ORIGIN).status_code == 200
        assert client.post("/echo", content=b"x" * 11, headers=ORIGIN).status_code == 413
        # nor is a body taken that nobody reads
        assert client.post("/nowhere", content=b"x" * 11, headers=ORIGIN).status_code == 413
        pieces = (b"x" * 4 for _ in range(3))
        assert client.post("/echo", content=pieces, headers=ORIGIN).status_code == 413
        pieces = (b"x" for _ in range(10))
        assert client.post("/echo", content=pieces, headers=ORIGIN).json() == {"bytes": 10}
        body = b'{"a":' + b" " * 10 + b"1}"
        assert client.post("/number", content=body, headers=JSON).json() == {"a": 1}


@pytest.mark.parametrize("length", ["-1", "1e3", "", "x", "9" * 5_000], ids=len)
def test_a_length_that_is_none_is_refused(length):
    with visitor(small_app()) as client:
        headers = ORIGIN | {"content-length": length}
        assert client.post("/echo", headers=headers).status_code == 413


def test_a_socket_needs_cookie_and_origin():
    with visitor(small_app()) as client:

        def refused(headers):
            with (
                pytest.raises(WebSocketDisconnect) as closed,
                client.websocket_connect(f"{SOCKETS}/talk", headers=headers),
            ):
                pass
            return closed.value.code == 1008

        with client.websocket_connect(f"{SOCKETS}/talk", headers=ORIGIN) as socket:
            socket.send_text("hello")
            assert socket.receive_text() == "hello"
        assert refused({})
        assert all(refused({"origin": origin}) for origin in FOREIGN)
        assert refused({"host": "evil.example:8000", "origin": "http://evil.example:8000"})
        assert refused(ORIGIN | {"sec-fetch-site": "same-site"})
        client.cookies.clear()
        assert refused(ORIGIN)


def test_pages_on_two_ports_keep_their_cookies_apart():
    local = small_app()
    with visitor(local) as client:
        other = TestClient(local.asgi, base_url="http://127.0.0.1:9000", cookies=client.cookies)
        assert other.get("/").status_code == 403
