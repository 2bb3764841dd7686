"""`flask reset_password`."""

import click

from ls import passwords, signup
from ls.cli.base import Asked, Failure, account, plain
from ls.transaction import write


@click.command("reset_password")
@click.option("--username", cls=Asked, metavar="EMAIL", prompt="E-mail", help="Whose password.")
@click.option(
    "--password", cls=Asked, prompt="New password", hide_input=True, confirmation_prompt=True, help="The new one."
)
@plain
def reset_password(username: str, password: str) -> None:
    """Set a new password; the person is signed out everywhere."""
    found = account(username)
    if not password:
        raise Failure("Can not set empty password")
    if passwords.verify(found.password_hash, password):
        raise Failure("Entered password is the same as current")
    signup.check_password(password, email=found.email, names={"first": found.first_name, "last": found.last_name})
    hashed = passwords.hash_password(password)
    with write():
        found.change_password(hashed, kind="password_reset")
    click.echo("Password successfully changed")
