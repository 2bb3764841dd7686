"""`flask reset_password`."""

import click

from ls.accounts import sign_up as signup
from ls.cli.base import Failure, account, plain
from ls.cli.prompts import ask, ask_password
from ls.db.transaction import write
from ls.security import passwords


@click.command("reset_password")
@click.option("--username", metavar="EMAIL", help="Whose password; asked for if not given.")
@click.option("--password", help="The new one; asked for, twice and unseen, if not given.")
@plain
def reset_password(username: str | None, password: str | None) -> None:
    """Set a new password; the person is signed out everywhere."""
    found = account(ask("E-mail", username))
    password = ask_password("New password", password)
    if not password:
        raise Failure("Can not set empty password")
    if passwords.verify(found.password_hash, password):
        raise Failure("Entered password is the same as current")
    signup.check_password(password, email=found.email, names={"first": found.first_name, "last": found.last_name})
    hashed = passwords.hash_password(password)
    with write():
        found.change_password(hashed, kind="password_reset")
    click.echo("Password successfully changed")
