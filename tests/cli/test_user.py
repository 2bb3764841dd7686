"""`flask user`, `reset_password`, `invite` and `check`, with the exact output that scripts read."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.models import LoginSession, Organization, User
from tests.cast import PASSWORD, Browser, Cast

KEYS = [
    *("id", "first_name", "last_name", "username", "email", "last_activity", "avatar"),
    *("initials", "phone", "active_organization", "token", "status"),
]
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    runner = app.test_cli_runner()

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return runner.invoke(args=list(arguments), input=stdin)

    return run


def test_an_account_is_printed_as_label_studio_does(run: Run, cast: Cast) -> None:
    alice = cast.alice(sign_in=False, first_name="Anna", last_name="Kim")
    result = run("user", "--username", "ALICE@example.org")
    first, second = result.stdout.splitlines()
    found: dict[str, Any] = ast.literal_eval(second)
    assert first == "=> User info:"
    assert list(found) == KEYS
    assert (found["token"], found["status"], found["initials"]) == (alice.token, "ok", "AK")
    assert found["last_activity"].endswith("Z")
    assert json.loads(run("user", "--username", alice.email, "--json").stdout) == found


def test_an_unknown_account_is_named(run: Run) -> None:
    for command in (["user"], ["user", "token"], ["user", "deactivate"], ["reset_password", "--password", "x" * 9]):
        result = run(*command, "--username", "nobody@example.org")
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", "User nobody@example.org not found\n")


def test_an_email_is_changed_by_the_rules_of_sign_up(app: Flask, run: Run, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    saved = run("user", "set-email", "--username", "ALICE@example.org", "--email", " Queen@example.org")
    assert (saved.exit_code, saved.stdout) == (0, "User Queen@example.org saved\n")
    assert alice.browser.get("/people/").status_code == 200
    assert Browser(app).sign_in("queen@example.org").status_code == 302
    assert Browser(app).sign_in(alice.email).status_code == 422
    for email, said in ((bob.email, "User with this email already exists"), ("queen", "an @ is missing")):
        refused = run("user", "set-email", "--username", "queen@example.org", "--email", email)
        assert (refused.exit_code, refused.stdout, said in refused.stderr) == (1, "", True)
    unknown = run("user", "set-email", "--username", alice.email, "--email", "x@example.org")
    assert unknown.stderr == f"User {alice.email} not found\n"
    assert run("user", "set-email", "--username", "queen@example.org").exit_code == 2


def test_creating_an_account(app: Flask, run: Run) -> None:
    result = run("user", "create", "--username", "alice@example.org", "--password", PASSWORD, "--user-token", "12345")
    assert (result.exit_code, result.stdout) == (0, "User alice@example.org created\n")
    answer = app.test_client().get("/user/login/")
    assert answer.status_code == 200
    assert Browser(app).sign_in("alice@example.org").status_code == 302
    again = run("user", "create", "--username", "alice@example.org", "--password", PASSWORD)
    assert (again.exit_code, again.stderr) == (1, "User with this email already exists\n")


def test_a_token_belongs_to_one_account(app: Flask, run: Run) -> None:
    common = ("user", "create", "--password", PASSWORD, "--user-token", "12345", "--username")
    assert run(*common, "alice@example.org").exit_code == 0
    second = run(*common, "bob@example.org")
    assert (second.exit_code, second.stdout) == (1, "")
    assert second.stderr == "Another account has this token. Choose a different one.\n"
    with app.app_context():
        assert db.session.scalars(select(User.email)).all() == ["alice@example.org"]


def test_errors_are_reported_before_a_password_is_asked_for(run: Run, cast: Cast) -> None:
    taken = cast.alice(sign_in=False).email
    for options, says in (
        (["user", "create", "--username", taken], "User with this email already exists"),
        (["user", "create", "--username", "bob"],
         "Enter a valid email address: an @ is missing, as in anna@example.org."),
        (["user", "create", "--username", "b@example.org", "--user-token", "1234"],
         "The token must have at least 5 characters"),
        (["reset_password", "--username", "nobody@example.org"], "User nobody@example.org not found"),
    ):  # fmt: skip
        result = run(*options, stdin="")
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{says}\n")


def test_names_that_the_terminal_cannot_show_are_escaped(app: Flask, cast: Cast) -> None:
    email = cast.alice(sign_in=False, first_name="好").email
    runner = app.test_cli_runner(charset="latin-1")
    assert "\\u597d" in runner.invoke(args=["user", "list"]).stdout
    printed = runner.invoke(args=["user", "--username", email]).stdout.splitlines()[-1]
    assert ast.literal_eval(printed)["first_name"] == "好"


def test_what_is_missing_is_asked_for_and_the_password_twice(run: Run) -> None:
    result = run("user", "create", stdin=f"alice@example.org\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert result.stdout == "User alice@example.org created\n"
    assert PASSWORD not in result.output


def test_passwords_that_differ_are_refused(run: Run, cast: Cast) -> None:
    email = cast.alice(sign_in=False).email
    result = run("reset_password", "--username", email, stdin="one pass phrase\nanother pass phrase\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("The two entered values do not match\n")
    assert run("reset_password", "--username", email, stdin="").stderr.endswith("New password is missing\n")
    assert run("reset_password", stdin=f"{email}\n\n\n").stderr.endswith("Can not set empty password\n")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--user-token", "1234"], "The token must have at least 5 characters"),
        (["--password", "password123"], "This password is well known. Choose another one."),
        (["--username", "no address"], "Enter a valid email address: an @ is missing, as in anna@example.org."),
    ],
)
def test_a_bad_account_is_refused_and_nothing_is_created(app: Flask, run: Run, options: list[str], says: str) -> None:
    result = run("user", "create", "--username", "a@example.org", "--password", PASSWORD, *options)
    assert (result.exit_code, result.stderr) == (1, f"{says}\n")
    with app.app_context():
        assert db.session.scalar(select(User)) is None


def test_listing_deactivating_and_activating(app: Flask, run: Run, cast: Cast) -> None:
    alice, bob = cast.alice(sign_in=False), cast.bob()
    assert run("user", "deactivate", "--username", bob.email).stdout == f"User {bob.email} deactivated\n"
    assert bob.browser.get("/user/account/").status_code == 302
    last = run("user", "deactivate", "--username", alice.email)
    assert (last.exit_code, last.stderr) == (1, "The last active member has to stay.\n")
    assert run("user", "activate", "--username", bob.email).exit_code == 0
    people = json.loads(run("user", "list", "--json").stdout)
    assert [(person["email"], person["status"]) for person in people] == [
        (alice.email, "active"),
        (bob.email, "active"),
    ]
    assert len(run("user", "list").stdout.splitlines()) == 2


def test_showing_and_resetting_a_token(run: Run, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    assert run("user", "token", "--username", alice.email).stdout.strip() == alice.token
    fresh = run("user", "token", "--username", alice.email, "--reset").stdout.strip()
    assert fresh != alice.token
    assert run("user", "token", "--username", alice.email).stdout.strip() == fresh


@pytest.mark.parametrize("name", ["reset_password", "reset-password"])
def test_resetting_a_password_ends_the_sessions(app: Flask, run: Run, cast: Cast, name: str) -> None:
    alice = cast.alice()
    result = run(name, "--username", alice.email, "--password", "a new pass phrase")
    assert (result.exit_code, result.stdout) == (0, "Password successfully changed\n")
    assert alice.browser.get("/user/account/").status_code == 302
    assert Browser(app).sign_in(alice.email, "a new pass phrase").status_code == 302


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("", "Can not set empty password"),
        (PASSWORD, "Entered password is the same as current"),
        ("password123", "This password is well known. Choose another one."),
    ],
)
def test_a_bad_new_password_changes_nothing(app: Flask, run: Run, cast: Cast, password: str, says: str) -> None:
    alice = cast.alice()
    result = run("reset_password", "--username", alice.email, "--password", password)
    assert (result.exit_code, result.stderr) == (1, f"{says}\n")
    with app.app_context():
        assert db.session.scalar(select(LoginSession.id)) is not None


def test_the_invite_link(app: Flask, run: Run, make_app: Callable[..., Flask]) -> None:
    with app.app_context():
        token = Organization.get().invite_token
    assert run("invite").stdout == f"http://localhost:8080/user/signup/?token={token}\n"
    refused = run("invite", "--reset")
    assert refused.exit_code == 1
    assert "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=true" in refused.stderr
    closed = make_app(DISABLE_SIGNUP_WITHOUT_LINK=True, HOST="https://labels.example.org/ls")
    reset = closed.test_cli_runner().invoke(args=["invite", "--reset"]).stdout
    assert reset.startswith("https://labels.example.org/ls/user/signup/?token=")
    assert token not in reset


def test_check_finds_nothing_wrong_with_a_new_installation(run: Run) -> None:
    result = run("check")
    assert (result.exit_code, result.stdout.splitlines()[-1:], result.stderr) == (0, ["OK"], "")


@pytest.mark.sqlite
def test_check_says_what_is_wrong(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "roster.sqlite3").chmod(0o644)
    monkeypatch.setenv("LABEL_STUDIO_DISABLE_SIGNUP", "true")
    result = run("check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Did you mean LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK?" in result.stderr
    assert f"chmod 600 {tmp_path}/roster.sqlite3" in result.stderr


def test_another_secret_key_is_told_plainly(run: Run, cast: Cast, make_app: Callable[..., Flask]) -> None:
    email = cast.alice(sign_in=False).email
    other = make_app(SECRET_KEY="quite another secret key, longer than 32 bytes").test_cli_runner()
    for command in (["check"], ["user", "--username", email]):
        result = other.invoke(args=command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("The secret key is not the one that this database was made with")


def test_commands_explain_themselves(run: Run) -> None:
    for command in (["user"], ["user", "create"], ["start"], ["reset_password"], ["invite"], ["check"], ["backup"]):
        result = run(*command, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.stdout
    assert run("user").exit_code == 2
    assert run("user", "--nonsense").exit_code == 2
