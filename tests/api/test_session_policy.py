"""/api/session-policy/: how long logins live, in minutes, for the logins that are open now too."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask import Flask
from itsdangerous import TimestampSigner

from tests.api.conftest import Script, each
from tests.cast import Browser, Cast
from tests.conftest import Clock

PATH = "/api/session-policy/"


def test_it_shows_the_settings_in_minutes(alice_api: Script) -> None:
    assert alice_api.get(PATH) == {"max_session_age": 8 * 24 * 60, "max_time_between_activity": 3 * 24 * 60}


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (59, 1), (60, 1), (61, 2), (3600, 60)])
def test_seconds_are_never_rounded_to_zero(
    make_app: Callable[..., Flask], cast: Cast, seconds: int, minutes: int
) -> None:
    app = make_app(MAX_SESSION_AGE=seconds, MAX_TIME_BETWEEN_ACTIVITY=seconds)
    policy = Script(app, cast.alice(sign_in=False)).get(PATH)
    assert policy == {"max_session_age": minutes, "max_time_between_activity": minutes}


def test_one_limit_is_changed_without_the_other_and_null_goes_back_to_the_setting(alice_api: Script) -> None:
    assert alice_api.send("PATCH", PATH, {"max_session_age": 5}) == {
        "max_session_age": 5,
        "max_time_between_activity": 4320,
    }
    assert alice_api.send("PATCH", PATH, {"max_time_between_activity": 1})["max_session_age"] == 5
    assert alice_api.get(PATH) == {"max_session_age": 5, "max_time_between_activity": 1}
    assert alice_api.send("PATCH", PATH, {"max_session_age": None})["max_session_age"] == 11520


@each("value", [0, -1, 1.5, "x", [], 10**9, 10**30])
@each("name", ["max_session_age", "max_time_between_activity"])
def test_an_invalid_number_of_minutes_is_400(alice_api: Script, name: str, value: Any) -> None:
    before = alice_api.get(PATH)
    fields = {"max_session_age": 5, "max_time_between_activity": 5, name: value}
    assert list(alice_api.send("PATCH", PATH, fields, 400)["validation_errors"]) == [name]
    assert alice_api.get(PATH) == before


def is_in(browser: Browser) -> bool:
    return browser.get("/user/account/").status_code == 200


def test_a_shorter_life_ends_logins_that_are_open_now(cast: Cast, alice_api: Script, moved_clock: Clock) -> None:
    bob = cast.bob()
    moved_clock.move(minutes=10)
    assert is_in(bob.browser)
    alice_api.send("PATCH", PATH, {"max_session_age": 5})
    assert not is_in(bob.browser)


def test_a_minute_of_idleness_ends_the_idle_and_never_the_active(
    cast: Cast, alice_api: Script, moved_clock: Clock
) -> None:
    bob, charlie = cast.bob(), cast.charlie()
    alice_api.send("PATCH", PATH, {"max_time_between_activity": 1})
    for _ in range(6):
        moved_clock.move(seconds=29)
        assert is_in(bob.browser)
    assert not is_in(charlie.browser)
    moved_clock.move(seconds=60)
    assert not is_in(bob.browser)


def test_a_longer_life_than_the_settings_is_lived_in_full(
    app: Flask, cast: Cast, alice_api: Script, moved_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = 30 * 24 * 60
    alice_api.send("PATCH", PATH, {"max_session_age": minutes, "max_time_between_activity": minutes})
    cast.bob(sign_in=False)
    bob = Browser(app)
    cookie = bob.sign_in("bob@example.org", persist_session="on").headers["Set-Cookie"]
    found = re.search(r"Expires=([^;]+)", cookie)
    assert found
    left = parsedate_to_datetime(found[1]) - datetime.now(UTC)
    assert timedelta(minutes=minutes - 1) < left <= timedelta(minutes=minutes)
    moved_clock.move(days=29)
    # the cookie's signature has a clock of its own
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: int(time.time()) + 29 * 86400)
    assert is_in(bob)
    moved_clock.move(days=1)
    assert not is_in(bob)


def test_tokens_of_scripts_have_no_session(alice_api: Script, moved_clock: Clock) -> None:
    alice_api.send("PATCH", PATH, {"max_session_age": 1, "max_time_between_activity": 1})
    moved_clock.move(days=30)
    assert alice_api.get(PATH)["max_session_age"] == 1
