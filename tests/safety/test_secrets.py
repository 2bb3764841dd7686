"""Every secret that was ever shown or typed, looked for in the database, in a copy of it, and in the log."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from ls.backup.copy import TABLES
from ls.db import migrate
from ls.db.extensions import Base, db
from tests.cast import Browser, session_cookie
from tests.conftest import SECRET_KEY
from tests.letters import MAIL, letters, link_in
from tests.safety.routes import calls

Make = Callable[..., Flask]
FIRST, SECOND, THIRD, GUESS = (f"{word}-Lantern-{word}-42" for word in ("violet", "amber", "ochre", "teal"))
TYPED = frozenset({FIRST, SECOND, THIRD, GUESS})


class Diary:
    """Does everything that shows or takes a secret, and keeps each of them."""

    def __init__(self, app: Flask) -> None:
        self.app, self.secrets = app, {FIRST, SECOND, THIRD, GUESS, SECRET_KEY}

    def keep(self, secret: str) -> str:
        """Remember it."""
        assert len(secret) > 11, secret
        self.secrets.add(secret)
        return secret

    def cookies(self, client: FlaskClient) -> None:
        """What the browser holds: the cookie whole, and the session's id within."""
        cookie = client.get_cookie(session_cookie(client.application))
        assert cookie is not None
        self.keep(cookie.value)
        with client.session_transaction() as session:
            self.keep(session["_user_id"])
            self.secrets |= {session["csrf_token"]} if "csrf_token" in session else set()

    def api(self, method: str, path: str, token: str, **options: Any) -> Any:
        """A call that has to succeed."""
        headers = {"Authorization": f"Token {token}"}
        answer = self.app.test_client().open(f"/api/{path}", method=method, headers=headers, **options)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json

    def live(self) -> str:
        """Sign-up, sign-in, tokens of every kind, links of every kind; returns a token that works."""
        alice = Browser(self.app)
        sign_up = {"email": "alice@example.org", "password": FIRST}
        run = self.app.test_cli_runner().invoke
        code = self.keep(run(args=["setup-link"]).output.strip().rpartition("/")[2])
        assert self.app.test_client().get(f"/setup/{code}").status_code == 200
        assert run(args=["user", "create", "--username", "zoe@example.org", "--password", THIRD]).exit_code == 0
        zoes = self.keep(run(args=["user", "token", "--username", "zoe@example.org"]).output.strip())
        invite = self.keep(self.api("GET", "invite", zoes)["token"])
        page = f"/user/signup/?token={invite}"
        assert alice.post(page, sign_up, page=page).status_code == 302
        self.cookies(alice.client)
        Browser(self.app).sign_in("alice@example.org", GUESS)
        Browser(self.app).sign_in(GUESS, FIRST)  # the password in the wrong box
        change = {"current_password": FIRST, "new_password": SECOND, "confirm_password": SECOND}
        assert alice.post("/user/account/password", change, page="/user/account/").status_code == 303
        again = Browser(self.app)
        assert again.sign_in("alice@example.org", SECOND, persist_session="on").status_code == 302
        self.cookies(again.client)
        token = self.keep(self.api("POST", "current-user/reset-token/", zoes)["token"])
        self.keep(self.api("POST", "invite/reset-token", token)["token"])
        made = self.api("POST", "invitations/", token, json={"emails": ["erin@example.org"]})
        self.keep(made["invitations"][0]["url"].rpartition("token=")[2].rpartition("-")[2])
        self._personal_tokens(token)
        self._set_password_link(token)
        self._mailed_links(again)
        return token

    def _personal_tokens(self, token: str) -> None:
        old = self.keep(self.api("POST", "token/", token)["token"])
        new = self.keep(self.api("POST", "token/rotate/", token, json={"refresh": old})["refresh"])
        access = self.keep(self.api("POST", "token/refresh/", token, json={"refresh": new})["access"])
        for jwt in (old, new, access):
            self.keep(jwt.rpartition(".")[2])  # the signature; the rest is no secret, and kept to be listed

    def _set_password_link(self, token: str) -> None:
        for email in ("bob@example.org", "charlie@example.org"):
            path = urlsplit(self.api("POST", "users/", token, json={"email": email})["set_password_url"]).path
            self.keep(path.rpartition("/")[2])
        answer = Browser(self.app).post(path, {"password": THIRD}, page=path)
        assert answer.status_code == 303

    def _mailed_links(self, alice: Browser) -> None:
        alice.post("/user/forgot-password/", {"email": "bob@example.org"}, page="/user/account/")
        change = {"email": "alice@example.net", "current_password": SECOND}
        assert alice.post("/user/account/email", change, page="/user/account/").status_code == 303
        path = link_in(letters(self.app, keep=True)[-1].text, "confirm")
        assert Browser(self.app).post(path, page=path).status_code == 303
        text = "".join(letter.text for letter in letters(self.app, keep=True))
        codes = re.findall(r"/(?:set-password|confirm|undo)/(\S+)", text)
        assert len({self.keep(code) for code in codes}) == 3

    def misplace(self) -> None:
        """Each secret where it does not belong: query, path, headers, forms, JSON."""
        for secret in sorted(self.secrets):
            client = self.app.test_client()
            headers = {"Authorization": f"Bearer {secret}", "X-Api-Key": secret, "Referer": f"http://x/?token={secret}"}
            client.get(f"/user/signup/?token={secret}&password={secret}", headers=headers)
            # Links carry tokens, never passwords, which may be as short as a name.
            for path in (
                []
                if secret in TYPED
                else (f"/user/set-password/{secret}", f"/data/avatars/{secret}", f"/api/{secret}/x", f"/{secret}")
            ):
                client.get(path, headers=headers)
            client.post(
                f"/user/login/?next=/{secret}&{secret}", data={"email": secret, "password": secret, secret: secret}
            )
            client.post("/api/token/refresh/", json={"refresh": secret, secret: secret})
            client.get("/people/", headers={"Cookie": f"ls_session={secret}; {secret}={secret}"})
            client.get("/people/", headers={"X-Request-Id": secret})


@pytest.fixture
def diary(make_app: Make) -> Diary:
    return Diary(make_app(DISABLE_SIGNUP_WITHOUT_LINK=True, **MAIL))


def spellings(secret: str) -> Iterator[bytes]:
    """The secret as bytes, hexadecimal, base64, and what it is if it is one of these itself."""
    raws = {secret.encode()}
    for decode in (bytes.fromhex, lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))):
        try:
            raws.add(decode(secret))
        except ValueError:
            continue
    for raw in raws:
        yield from (raw, raw.hex().encode(), raw.hex().upper().encode())
        yield from (base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"="))


def everything_kept(app: Flask, folder: Path) -> bytes:
    """Each byte of the database: its files, the copy before a migration, or PostgreSQL's rows."""
    with app.app_context(), db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            migrate._keep_copy(app, connection, "0000", "0001")  # noqa: SLF001  # runs before an upgrade only
            files = [*folder.glob("*.sqlite3*"), *folder.glob("backups/*.sqlite3")]
            assert len(files) >= 3  # the file, its log, the copy
            return b"\n".join(path.read_bytes() for path in files)
        rows = [row for table in Base.metadata.sorted_tables for row in connection.execute(select(table))]
        return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


def test_a_stolen_database_holds_no_secret_that_was_ever_shown(diary: Diary, tmp_path: Path) -> None:
    diary.live()
    diary.misplace()
    kept = everything_kept(diary.app, tmp_path)
    assert b"alice@example.org" in kept
    found = [secret for secret in diary.secrets for spelled in spellings(secret) if spelled in kept]
    assert found == []
    assert len(diary.secrets) > 20


def test_nothing_in_a_stolen_database_is_a_credential(diary: Diary) -> None:
    token = diary.live()
    client, secrets = diary.app.test_client(), ("api_tokens", "personal_tokens", "login_sessions", "one_time_codes")
    with diary.app.app_context(), db.engine.connect() as connection:
        rows = [row for table in TABLES if table.name in secrets for row in connection.execute(select(table))]
    values = {value for row in rows for value in row if isinstance(value, bytes) or (isinstance(value, str) and value)}
    assert len(values) > 10
    for number, value in enumerate(values):
        client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number}"  # guesses of one address are limited
        raw = value.encode() if isinstance(value, str) else value
        for typed in {raw.hex(), base64.urlsafe_b64encode(raw).decode().rstrip("="), raw.decode("latin-1")}:
            if "\n" in typed or "\r" in typed or "\0" in typed:
                continue
            answer = client.get("/api/current-user/whoami", headers={"X-Api-Key": typed})
            assert answer.status_code == 401, value
            assert client.get("/api/current-user", headers={"Authorization": f"Bearer {typed}."}).status_code == 401
    assert client.get("/api/current-user/whoami", headers={"X-Api-Key": token}).status_code == 200


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_ever_in_the_log(make_app: Make, capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    diary = Diary(make_app(DISABLE_SIGNUP_WITHOUT_LINK=True, LOG_FORMAT=log_format, **MAIL))
    diary.live()
    diary.misplace()
    log = capsys.readouterr().err
    assert log.count("login_failed") >= 1
    lines = log.lower().splitlines()
    assert [line for line in lines if any(secret.lower() in line for secret in diary.secrets)] == []
    if log_format == "json":
        assert all("time" in json.loads(line) for line in log.splitlines())


def test_every_route_is_one_line_of_the_log_whatever_is_sent(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    forged = "x%0d%0a2026-01-01T00:00:00.000Z%20request%20status=200%20forged=yes"
    for call in calls(app, text="x\r\n2026-01-01T00:00:00.000Z request forged=yes"):
        client = app.test_client()
        capsys.readouterr()
        agent = {"User-Agent": "x\u2028y"}
        client.open(f"{call.path}?q={forged}", method=call.method, headers=agent, buffered=True)
        lines = capsys.readouterr().err.splitlines()
        assert [line for line in lines if re.match(r"\S+Z request id=", line)] == lines, call
        assert len(lines) == (0 if call.endpoint == "static" and not lines else 1), call
