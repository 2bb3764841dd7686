"""What signing in costs beyond the hash, and what fifty at once do to everybody else."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Iterator, Mapping
from statistics import median
from urllib.parse import urlencode, urlsplit

from flask import Flask
from sqlalchemy import select

from bench.data import PASSWORD
from bench.drive import Load, Target
from bench.table import Row
from ls.db.extensions import db
from ls.models import User
from ls.security import passwords

AT_ONCE = 50


def beyond_the_hash(app: Flask, url: str) -> Iterator[Row]:
    """A whole sign-in against the hash alone, in turn."""
    with app.app_context():
        people = list(db.session.execute(select(User.email, User.password_hash).where(User.password_hash.is_not(None))))
    passwords.verify(people[0].password_hash, PASSWORD)
    whole, alone = [], []
    for email, stored in people[:30]:
        door = Door(url)
        whole.append(_timed(lambda door=door, email=email: door.sign_in(email)))  # type: ignore[misc]  # mypy cannot infer a lambda's defaults
        alone.append(_timed(lambda stored=stored: passwords.verify(stored, PASSWORD)))  # type: ignore[misc]  # as above
    ours, hashing = median(whole), median(alone)
    figure = f"{ours * 1000:.1f} ms, the hash alone {hashing * 1000:.1f} ms"
    yield Row("sign-in beyond the hash", figure, (ours - hashing) / hashing * 100, 10, "%")


def fifty_at_once(app: Flask, url: str, cookie: Mapping[str, str]) -> Iterator[Row]:
    """People's p95 while fifty sign in, against a quiet server."""
    with app.app_context():
        emails = list(db.session.scalars(select(User.email).where(User.password_hash.is_not(None)).limit(AT_ONCE)))
    target = Target(url, ("/people/",), cookie)
    quiet, busy = [], []
    for _ in range(3):
        quiet.append(target.load(2, connections=2).p95)
        busy.append(_while_signing_in(target, url, emails).p95)
    value, against = min(busy), min(quiet)
    figure = f"{value / 1000:.1f} ms, quiet {against / 1000:.1f} ms"
    yield Row("People's p95 during fifty sign-ins", figure, value / against, 3, "x")


def _while_signing_in(target: Target, url: str, emails: list[str]) -> Load:
    doors = [Door(url) for _ in emails]
    threads = [threading.Thread(target=door.sign_in, args=(email,)) for door, email in zip(doors, emails, strict=True)]
    for thread in threads:
        thread.start()
    load = target.load(1, connections=2)
    for thread in threads:
        thread.join()
    return load


def _timed(run: object) -> float:
    began = time.perf_counter()
    run()  # type: ignore[operator]  # a function without arguments
    return time.perf_counter() - began


class Door:
    """A login form that was opened before, on a connection that is kept."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.connection.request("GET", "/user/login/")
        answer = self.connection.getresponse()
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
        self.csrf = found[1] if found else ""
        self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]

    def sign_in(self, email: str) -> None:
        """Send the form. Raises RuntimeError unless it lets in."""
        body = urlencode({"csrf_token": self.csrf, "email": email, "password": PASSWORD})
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", "/user/login/", body, headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 302:
            raise RuntimeError(f"{email}: {answer.status}")
