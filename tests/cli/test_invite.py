"""`roster invite`: the one link, and invitations."""

import json

from click.testing import Result
from flask import Flask

from tests.accounts.test_sign_up import sign_up
from tests.cast import Browser

BASE = "http://localhost:8080"


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["invite", *words])


def test_the_one_link_stays_as_it_was(closed_app: Flask) -> None:
    old = run(closed_app).stdout
    assert old.startswith(f"{BASE}/user/signup/?token=")
    assert run(closed_app).stdout == old
    assert run(closed_app, "--reset").stdout not in {"", old}


def test_create_list_and_revoke(closed_app: Flask) -> None:
    made = run(closed_app, "create", "--email", "bob@example.org", "--note", "Come")
    path = made.stdout.strip().removeprefix(BASE)
    link = run(closed_app, "create", "--expires", "never", "--uses", "3").stdout.strip()
    assert sign_up(Browser(closed_app), "bob@example.org", page=path)[0] == 302
    assert run(closed_app, "revoke", "2").stdout == "Invitation 2 is revoked\n"
    assert run(closed_app, "revoke", "1").stdout == "Invitation 1 is used\n"
    rows = [line.split("\t") for line in run(closed_app, "list").stdout.splitlines()]
    assert rows[0] == ["2", "revoked", "whoever has it", "0 uses", "never expires", link]
    assert rows[1][:4] == ["1", "used", "bob@example.org", "1 uses bob@example.org"]
    newest, oldest = json.loads(run(closed_app, "list", "--json").stdout)
    assert oldest["used_by"] == ["bob@example.org"]
    assert (newest["id"], newest["max_uses"], newest["expires_at"], newest["created_by"]) == (2, 3, None, None)


def test_what_is_wrong_is_one_line(closed_app: Flask) -> None:
    run(closed_app, "create", "--email", "bob@example.org")
    for words, says in (
        (["create", "--email", "bob@example.org"], "bob@example.org: Is invited already."),
        (["create", "--email", "bob"], "bob: Enter a valid email address: an @ is missing, as in anna@example.org."),
        (["create", "--expires", "soon"], "Write 12h for hours, 7d for days, or never."),
        (["create", "--uses", "0"], "Enter a whole number from 1 to 9,999, or nothing."),
        (["revoke", "7"], "Invitation 7 not found"),
    ):
        result = run(closed_app, *words)
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{says}\n")
