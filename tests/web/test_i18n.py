"""Times, days and numbers in the language of the reader."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from ls.db.types import iso, utcnow
from ls.web import i18n

CHINESE = {"Accept-Language": "zh"}
SOME_DAY = datetime(2026, 5, 3, 12, 30, 15, 1234, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "english", "chinese"),
    [
        (timedelta(seconds=5), "Just now", None),
        (timedelta(seconds=-5), "Just now", None),
        (timedelta(minutes=2, seconds=30), "2 minutes ago", "2分钟前"),
        (timedelta(minutes=1, seconds=1), "1 minute ago", "1分钟前"),
        (timedelta(hours=5), "5 hours ago", "5小时前"),
        (timedelta(days=3), "3 days ago", "3天前"),
    ],
)
def test_how_long_ago(app: Flask, passed: timedelta, english: str, chinese: str | None) -> None:
    with app.test_request_context():
        assert i18n.ago(utcnow() - passed) == english
    with app.test_request_context(headers=CHINESE):
        assert chinese is None or i18n.ago(utcnow() - passed) == chinese


def test_after_a_month_the_day_is_told(app: Flask) -> None:
    with app.test_request_context():
        assert i18n.ago(SOME_DAY - timedelta(days=4000)) == "21 May 2015"
        assert i18n.ago(None) == "Never"


def test_machines_get_the_moment_as_label_studio_prints_it() -> None:
    assert iso(SOME_DAY) == "2026-05-03T12:30:15.001234Z"


def test_days_and_numbers_are_the_readers(app: Flask) -> None:
    with app.test_request_context():
        assert (i18n.day(SOME_DAY), i18n.number(1204)) == ("3 May 2026", "1,204")
        assert i18n.exact(SOME_DAY).endswith("UTC")
    with app.test_request_context(headers=CHINESE):
        assert i18n.day(SOME_DAY) == "2026年5月3日"


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (1, "1 second", "1秒钟"),
        (90, "90 seconds", "90秒钟"),
        (90 * 60, "90 minutes", "90分钟"),
        (36 * 3600, "36 hours", "36小时"),
        (86400, "1 day", "1天"),
        (30 * 86400, "30 days", "30天"),
    ],
)
def test_a_duration_is_told_in_its_largest_whole_unit(app: Flask, seconds: int, english: str, chinese: str) -> None:
    with app.test_request_context():
        assert i18n.duration(seconds) == english
    with app.test_request_context(headers=CHINESE):
        assert i18n.duration(seconds) == chinese
