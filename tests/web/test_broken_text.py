"""Bytes that are no UTF-8 are refused in forms and queries, before anything is stored."""

import pytest
from flask import Flask

from tests.cast import Cast

PAGE = "/user/account/"
PART = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'


def bodies(token: str, name: bytes, quoted: bytes) -> list[tuple[str, bytes]]:
    parts = PART % (b"csrf_token", token.encode()) + PART % (b"first_name", name)
    return [
        ("application/x-www-form-urlencoded", f"csrf_token={token}&first_name=".encode() + quoted),
        ("application/x-www-form-urlencoded", f"csrf_token={token}&first_name=".encode() + name),
        ("multipart/form-data; boundary=b", parts + b"--b--"),
    ]


@pytest.mark.parametrize("number", range(3))
def test_a_form_is_utf8(app: Flask, cast: Cast, number: int) -> None:
    alice = cast.alice(first_name="Alice")
    token = alice.browser.csrf(PAGE)
    kind, body = bodies(token, b"Jos\xe9", b"Jos%e9")[number]
    answer = alice.browser.client.post(PAGE, data=body, content_type=kind)
    assert (answer.status_code, "not UTF-8" in answer.text) == (400, True)
    with app.app_context():
        assert cast.reread(alice).first_name == "Alice"
    kind, body = bodies(token, "José".encode(), b"Jos%c3%a9")[number]
    assert alice.browser.client.post(PAGE, data=body, content_type=kind).status_code in {200, 303}
    with app.app_context():
        assert cast.reread(alice).first_name == "José"


@pytest.mark.parametrize("path", ["/people/?q=%e9", "/user/login/?next=%ff", "/activity/?person=%ed%a0%80"])
def test_a_query_is_utf8(cast: Cast, path: str) -> None:
    answer = cast.alice().browser.get(path)
    assert (answer.status_code, "not UTF-8" in answer.text) == (400, True)


def test_the_query_of_a_call_is_utf8(app: Flask, cast: Cast) -> None:
    answer = app.test_client().get("/api/projects/?title=%e9", headers=cast.alice().auth)
    assert (answer.status_code, "not UTF-8" in answer.json["detail"]) == (400, True)
