"""Requests a second as a share of the bare route's, and time per request as the installation grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from flask import Flask
from sqlalchemy import select

from bench.data import TOKEN
from bench.drive import Target, bare_server, best, calmest, interleaved
from bench.table import Row
from bench.writer import writer
from ls.db.extensions import db
from ls.models import User
from ls.models.user import ACTIVE
from ls.queries.pagination import Cursor
from ls.queries.people import PAGE_SIZE
from tests.cast import FRAGMENT

ROUNDS, SECONDS = 5, 2
MEMBERS = "/api/organizations/1/memberships?page_size=30&contributed_to_projects=1"
BY_TOKEN = {"Authorization": f"Token {TOKEN}"}

SHARES = {"People": 25, "opened row": 45, "whoami by token": 45, "memberships with projects": 25}
PAGES = (
    "/people/",
    "/people/?sort=-last_activity",
    "/people/?sort=name&status=all",
    "/projects/",
    "/projects/1",
    "/activity/",
    "/user/account/",
)
EVERYBODY = "/api/users/"  # has no pages, by the contract
CALLS = (EVERYBODY, "/api/projects/?page_size=20", "/api/activity-logs/", "/api/tasks/?project=1&page_size=20")
# One and two characters, Chinese ones, few matches, many, none, and runs of letters that all have but nobody together.
SEARCHES = ("a", "an", "王", "小明", "anna", "fischer12", "person7", "example.cn", "9@e", "nobody at all", "exaorg")
# In the other orders: those who stand together at an end, and by activity, which no search index follows.
SORTED_SEARCHES = (("王", "name"), ("example.cn", "-name"), ("王", "-last_activity"), ("person7", "-last_activity"))


def shares(folder: Path, url: str, cookie: Mapping[str, str]) -> Iterator[Row]:
    """Requests a second beside the bare route's."""
    with bare_server() as bare:
        targets = {
            "bare": Target(bare, ("/",), {}),
            "People": Target(url, ("/people/",), cookie),
            "opened row": Target(url, ("/people/7",), {**cookie, **FRAGMENT}),
            "whoami by token": Target(url, ("/api/current-user/whoami",), BY_TOKEN),
            "memberships with projects": Target(url, (MEMBERS,), BY_TOKEN),
        }
        seen = interleaved(targets, ROUNDS, SECONDS)
        del targets["bare"]
        with writer(folder):
            busy = interleaved(targets, 3, SECONDS)
    yardstick = best(seen["bare"])
    for name, reach in SHARES.items():
        rate = best(seen[name])
        figure = f"{rate:,.0f}/s of {yardstick:,.0f}/s; {best(busy[name]):,.0f}/s beside 20 commits a second"
        yield Row(name, figure, rate / yardstick * 100, reach, "%", "at least")


def growth(
    small: str, large: str, small_cookie: Mapping[str, str], cookie: Mapping[str, str], people: tuple[int, int]
) -> Iterator[Row]:
    """Time per request on the large installation against the small one; for the list of everybody, per person."""
    paths = [(path, small_cookie, cookie) for path in PAGES]
    paths += [(path, BY_TOKEN, BY_TOKEN) for path in CALLS]
    paths += [(MEMBERS.replace("=30", "=15"), BY_TOKEN, BY_TOKEN)]
    for path, few, many in paths:
        targets = {"few": Target(small, (path,), few), "many": Target(large, (path,), many)}
        # All of 200,000 people take seconds.
        seen = interleaved(targets, 3, 8, connections=2) if path == EVERYBODY else interleaved(targets, 3, 1)
        taken = [1e6 / best(seen[name]) for name in ("few", "many")]
        what = f"growth: {path}"
        if path == EVERYBODY:
            what, taken = f"{what}, a person", [time / number for time, number in zip(taken, people, strict=True)]
        yield _times(what, taken[1], taken[0], 1.3)


def last_pages(app: Flask, url: str, cookie: Mapping[str, str]) -> Iterator[Row]:
    """The last page against the first."""
    with app.app_context():
        pairs = [*(_last_people(q, cookie) for q in ("", "example")), *_last_members()]
    for first, last, headers in pairs:
        targets = {"first": Target(url, (first,), headers), "last": Target(url, (last,), headers)}
        seen = interleaved(targets, 3, 1)
        yield _times(f"last page: {first}", 1e6 / best(seen["last"]), 1e6 / best(seen["first"]), 1.2)


def _last_people(q: str, cookie: Mapping[str, str]) -> tuple[str, str, Mapping[str, str]]:
    found = select(User.email_key, User.id).where(User.status == ACTIVE, User.search_text.contains(q))
    row = db.session.execute(found.order_by(User.email_key.desc()).offset(PAGE_SIZE).limit(1)).one()
    first = f"/people/?q={q}" if q else "/people/"
    return first, f"/people/?q={q}&after={Cursor(row.email_key, row.id).text}", cookie


def _last_members() -> list[tuple[str, str, Mapping[str, str]]]:
    count = db.session.query(User).count()
    return [(MEMBERS, f"{MEMBERS}&page={count // 30}", BY_TOKEN)]


def searches(url: str, cookie: Mapping[str, str]) -> Iterator[Row]:
    """Each kind of query's p95 against that of the list without one; nobody waits for anybody else's."""
    headers = {**cookie, **FRAGMENT}
    for query, sort in (*((query, "email") for query in SEARCHES), *SORTED_SEARCHES):
        targets = {
            "list": Target(url, (f"/people/?sort={sort}",), headers),
            "search": Target(url, (f"/people/?sort={sort}&q={quote(query)}",), headers),
        }
        seen = interleaved(targets, 3, 1, connections=2)
        what = f"search p95: {query}" if sort == "email" else f"search p95, by {sort}: {query}"
        yield _times(what, calmest(seen["search"]), calmest(seen["list"]), 3)


def _times(what: str, value: float, against: float, reach: float) -> Row:
    return Row(what, f"{value / 1000:.2f} ms to {against / 1000:.2f} ms", value / against, reach, "x")
