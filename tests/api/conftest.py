"""A script: a client without cookies, with the token of a user."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.cast import Cast, Person

NO_CREDENTIAL = {"detail": "Authentication credentials were not provided."}
WRONG_CREDENTIAL = {"detail": "Invalid token."}
NOT_FOUND = {"detail": "Not found."}
FORBIDDEN = {"detail": "You do not have permission to perform this action."}


def each(names: str, cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `parametrize`, but on one installation: for cases that change nothing."""
    wanted, known = names.split(","), list(cases)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def every(**fixtures: Any) -> None:
            for case in known:
                try:
                    test(**fixtures, **dict(zip(wanted, case if len(wanted) > 1 else (case,), strict=True)))
                except AssertionError as error:
                    error.add_note(f"with {names} = {case!r}")
                    raise

        signature = inspect.signature(test)
        rest = [value for name, value in signature.parameters.items() if name not in wanted]
        every.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]  # pytest reads it
        return every

    return decorate


class Script:
    """Calls the API with the token of one user, and keeps no cookies."""

    def __init__(self, app: Flask, person: Person | None = None, headers: dict[str, str] | None = None) -> None:
        self.client = app.test_client(use_cookies=False)
        self.headers = headers if headers is not None else person.auth if person else {}

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        """Any method."""
        return self.client.open(path, method=method, headers={**self.headers, **options.pop("headers", {})}, **options)

    def get(self, path: str, status: int = 200) -> Any:
        """The JSON of a GET."""
        answer = self.call("GET", path)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json

    def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON of a write."""
        answer = self.call(method, path, **({} if body is None else {"json": body}))
        assert answer.status_code == status, answer.get_data(as_text=True)
        return None if status == 204 else answer.json


def invalid(**fields: str) -> dict[str, Any]:
    """The answer to wrong fields."""
    errors = {name: [message] for name, message in fields.items()}
    return {"status_code": 400, "detail": "Validation error", "validation_errors": errors}


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice(sign_in=False)


@pytest.fixture
def bob(cast: Cast, alice: Person) -> Person:
    return cast.bob(sign_in=False)


@pytest.fixture
def alice_api(app: Flask, alice: Person) -> Script:
    """Alice's script."""
    return Script(app, alice)


@pytest.fixture
def bob_api(app: Flask, bob: Person) -> Script:
    """Bob's script."""
    return Script(app, bob)


@pytest.fixture
def task(alice_api: Script) -> dict[str, Any]:
    """A task in a project of Alice."""
    project = alice_api.send("POST", "/api/projects/", {"title": "Street scenes"}, 201)
    made: dict[str, Any] = alice_api.send("POST", "/api/tasks/", {"project": project["id"], "data": {"text": "a"}}, 201)
    return made
