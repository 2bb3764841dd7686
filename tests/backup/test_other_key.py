"""A server with another secret key than its database was made with: it says so, and the rest works."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.cast import Browser, Cast

Make = Callable[..., Flask]


@pytest.mark.parametrize("path", ["/user/account/", "/user/account/sessions/", "/api/current-user/token"])
def test_where_a_token_has_to_be_shown_the_key_is_named(make_app: Make, path: str) -> None:
    alice = Cast(make_app()).alice(sign_in=False)
    browser = Browser(make_app(SECRET_KEY="another key, of thirty-two bytes or more"))
    assert browser.sign_in(alice.email).status_code == 302
    answer = browser.get(path)
    assert answer.status_code == 409
    for part in ("LABEL_STUDIO_SECRET_KEY", "roster user token --reset"):
        assert part in answer.get_data(as_text=True)
    assert browser.get("/people/").status_code == 200
    assert browser.post("/user/account/token/reset", page="/projects/").status_code == 303
    assert browser.get(path).status_code == 200
