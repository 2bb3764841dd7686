"""`roster reset_password`."""

import click

from ls.accounts.change_password import change_password
from ls.accounts.sign_up import check_password
from ls.cli.base import CommandError, command, find_user
from ls.cli.prompts import ask, ask_password
from ls.db.transaction import write
from ls.security import passwords


@click.command("reset_password")
@click.option("--username", metavar="EMAIL", help="The account's email; asked for if not given.")
@click.option("--password", help="The new password; asked for twice and not shown, if not given.")
@command
def reset_password(username: str | None, password: str | None) -> None:
    """Set a new password; the user is logged out everywhere."""
    user = find_user(ask("Email", username))
    password = ask_password("New password", password)
    if not password:
        raise CommandError("Can not set empty password")
    if passwords.verify(user.password_hash, password):
        raise CommandError("Entered password is the same as current")
    check_password(password, email=user.email, names={"first": user.first_name, "last": user.last_name})
    password_hash = passwords.hash_password(password)
    with write():
        change_password(user, password_hash, kind="password_reset")
    click.echo("Password successfully changed")
