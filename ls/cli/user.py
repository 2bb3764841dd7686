"""`flask user`: show, create, list, deactivate, activate, token."""

import json

import click
from sqlalchemy import select

from ls.accounts import sign_up as signup
from ls.cli.base import Failure, account, plain
from ls.cli.prompts import ask, ask_password
from ls.cli.user_info import printed
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import iso
from ls.models import ApiToken, User
from ls.models.user import DELETED

USERNAME = click.option("--username", required=True, metavar="EMAIL", help="The account's e-mail.")


@click.group(invoke_without_command=True, short_help="Show, create and manage accounts.")
@click.option("--username", metavar="EMAIL", help="Show the account with this e-mail.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
@click.pass_context
def user(context: click.Context, username: str | None, as_json: bool) -> None:
    """Show an account, or manage accounts with the commands below."""
    if context.invoked_subcommand is not None:
        return
    if not username:
        raise click.UsageError("Give --username EMAIL, or one of the commands: see flask user --help.", context)
    show(username, as_json)


@plain
def show(username: str, as_json: bool) -> None:
    """Print the account as Label Studio does."""
    found = printed(account(username))
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo("=> User info:")
    click.echo(str(found))


@user.command()
@click.option("--username", metavar="EMAIL", help="The new account's e-mail; asked for if not given.")
@click.option("--password", help="Its password; asked for, twice and unseen, if not given.")
@click.option("--user-token", metavar="TOKEN", help="Its API token, at least 5 characters; random if not given.")
@click.option("--first-name", help="First name.")
@click.option("--last-name", help="Last name.")
@plain
def create(username: str | None, password: str | None, user_token: str | None, **names: str | None) -> None:
    """Create an account."""
    username = ask("E-mail", username)
    wanted = signup.prepare(username, None, token=user_token, **names)
    signup.check_free(wanted.email_key)  # nobody should think of a password for nothing
    candidate = signup.prepare(username, ask_password("Password", password), token=user_token, **names)
    with write():
        signup.create_account(candidate, kind="user_created")
    click.echo(f"User {username} created")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
@plain
def list_users(as_json: bool) -> None:
    """List everybody, active and deactivated."""
    columns = (User.id, User.email, User.first_name, User.last_name, User.status, User.last_activity)
    rows = db.session.execute(select(*columns).where(User.status != DELETED).order_by(User.id)).all()
    if as_json:
        people = [{**row._asdict(), "last_activity": iso(row.last_activity) or None} for row in rows]
        click.echo(json.dumps(people))
        return
    for row in rows:
        name = f"{row.first_name} {row.last_name}".strip()
        click.echo(f"{row.id}\t{row.email}\t{name}\t{row.status}\t{iso(row.last_activity) or 'never'}")


@user.command(short_help="Put somebody out, at once and everywhere.")
@USERNAME
@plain
def deactivate(username: str) -> None:
    """Put somebody out, at once and everywhere; her work keeps its author."""
    with write():
        account(username).deactivate()
    click.echo(f"User {username} deactivated")


@user.command()
@USERNAME
@plain
def activate(username: str) -> None:
    """Let a deactivated person in again."""
    with write():
        account(username).reactivate()
    click.echo(f"User {username} activated")


@user.command()
@USERNAME
@click.option("--reset", is_flag=True, help="Make a new token; the old one is dead at once.")
@plain
def token(username: str, reset: bool) -> None:
    """Print somebody's API token."""
    if not reset:
        click.echo(ApiToken.of(account(username)))
        return
    with write():
        found = account(username)
        if not found.is_active:
            raise Failure(f"User {username} is deactivated")
        fresh = ApiToken.reset(found)
    click.echo(fresh)
