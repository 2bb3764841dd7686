"""The named cast, and small factories for what they do."""

import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ls.accounts import sign_up
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import ApiToken, User

PASSWORD = "correct horse battery"
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


def session_cookie(app: Flask) -> str:
    """The name of the cookie, which every installation has its own."""
    return app.session_interface.get_cookie_name(app)


@dataclass
class Person:
    """Somebody with an account: id, email, token, and a browser."""

    id: int
    email: str
    token: str
    browser: "Browser"

    @property
    def auth(self) -> dict[str, str]:
        """The header that opens the API."""
        return {"Authorization": f"Token {self.token}"}


class Browser:
    """A test client that sends the CSRF token as a page's form would."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **options)

    def fragment(self, path: str, **options: Any) -> TestResponse:
        """What htmx gets."""
        return self.client.get(path, headers=FRAGMENT, **options)

    def csrf(self, path: str = "/user/login/") -> str:
        """The token in a form of that page."""
        body = self.client.get(path).get_data(as_text=True)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', body)
        assert found, f"no form on {path}"
        return found.group(1)

    def post(self, path: str, data: dict[str, Any] | None = None, *, page: str, **options: Any) -> TestResponse:
        """Send a form as found on `page`."""
        return self.client.post(path, data={"csrf_token": self.csrf(page), **(data or {})}, **options)

    def sign_in(self, email: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        """Log in through the form."""
        return self.post("/user/login/", {"email": email, "password": password, **more}, page="/user/login/")


class Cast:
    """Makes people in an installation."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def person(self, name: str, *, sign_in: bool = True, **profile: str) -> Person:
        """An account `name@example.org`, signed in with a browser of its own."""
        email = f"{name}@example.org"
        with self.app.app_context():
            candidate = sign_up.prepare(email, PASSWORD, **profile)
            with write():
                user = sign_up.create_account(candidate)
                user_id = user.id
            token = ApiToken.of(user)
        browser = Browser(self.app)
        if sign_in:
            assert browser.sign_in(email).status_code == 302
        return Person(user_id, email, token, browser)

    def alice(self, **options: Any) -> Person:
        """Usually the first, who founds the organization."""
        return self.person("alice", **options)

    def bob(self, **options: Any) -> Person:
        """Usually the second."""
        return self.person("bob", **options)

    def charlie(self, **options: Any) -> Person:
        """Usually the one something happens to."""
        return self.person("charlie", **options)

    def reread(self, person: Person) -> User:
        """The row as it is now; needs an application context."""
        db.session.rollback()
        return db.session.get_one(User, person.id)
