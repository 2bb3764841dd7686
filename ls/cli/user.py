"""`roster user`: show, create, list, deactivate, activate, set-email, password-link, token."""

import json
from typing import Any

import click
from sqlalchemy import select

from ls.accounts import deletion, notices, password_links, sign_up
from ls.accounts.change_email import change_email
from ls.cli.base import VERBOSE, CommandError, command, find_user, founding_command
from ls.cli.prompts import ask, ask_password
from ls.config.address import link_to
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import iso
from ls.models import ApiToken, Organization, User
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.models.user import NOT_DELETED
from ls.names import full_name, isolated

USERNAME = click.option("--username", required=True, metavar="EMAIL", help="The account's email.")


@click.group(invoke_without_command=True, short_help="Show, create and manage accounts.")
@click.option("--username", metavar="EMAIL", help="Show the account with this email.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
@VERBOSE
@click.pass_context
def user(context: click.Context, username: str | None, as_json: bool) -> None:
    """Show an account, or manage accounts with the commands below."""
    if context.invoked_subcommand is not None:
        return
    if not username:
        raise click.UsageError("Give --username EMAIL, or one of the commands: see roster user --help.", context)
    show(username, as_json)


@command
def show(username: str, as_json: bool) -> None:
    """Print the account as Label Studio does."""
    info = user_info(find_user(username))
    click.echo(json.dumps(info) if as_json else f"=> User info:\n{info}")


def user_info(found: User) -> dict[str, Any]:
    """The account as Label Studio prints it, the keys in its order. Raises Undecipherable with another secret key."""
    return {
        "id": found.id,
        "first_name": found.first_name,
        "last_name": found.last_name,
        "username": found.username,
        "email": found.email,
        # As in Label Studio: an account that was never used was last active when it was made.
        "last_activity": iso(found.last_activity or found.date_joined),
        "avatar": f"/data/avatars/{found.avatar_name}" if found.avatar_name else None,
        "initials": found.initials,
        "phone": found.phone,
        "active_organization": DEFAULT_ORGANIZATION_ID,
        "token": ApiToken.of(found),
        "status": "ok",
    }


@user.command()
@click.option("--username", metavar="EMAIL", help="The new account's email; asked for if not given.")
@click.option("--password", help="Its password; asked for twice and not shown, if not given.")
@click.option("--user-token", metavar="TOKEN", help="Its API token, at least 5 characters; random if not given.")
@click.option("--first-name", help="First name.")
@click.option("--last-name", help="Last name.")
@founding_command
def create(username: str | None, password: str | None, user_token: str | None, **names: str | None) -> None:
    """Create an account."""
    username = ask("Email", username)
    account = sign_up.prepare(username, None, token=user_token, **names)
    sign_up.check_available(account.email_key)  # before a password is asked for
    account = sign_up.prepare(username, ask_password("Password", password), token=user_token, **names)
    with write():
        sign_up.create_account(account, kind="user_created")
    click.echo(f"User {isolated(username)} created")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
@command
def list_users(as_json: bool) -> None:
    """List all accounts, active and deactivated."""
    columns = (User.id, User.email, User.first_name, User.last_name, User.status, User.last_activity)
    rows = db.session.execute(select(*columns).where(User.status.in_(NOT_DELETED)).order_by(User.id)).all()
    if as_json:
        people = [{**row._asdict(), "last_activity": iso(row.last_activity) or None} for row in rows]
        click.echo(json.dumps(people))
        return
    for row in rows:
        email, name = isolated(row.email), isolated(full_name(row.first_name, row.last_name))
        click.echo(f"{row.id}\t{email}\t{name}\t{row.status}\t{iso(row.last_activity) or 'never'}")


@user.command(short_help="Deactivate an account, at once and everywhere.")
@USERNAME
@command
def deactivate(username: str) -> None:
    """Deactivate an account: the user is logged out everywhere at once, and their work keeps its author."""
    with write():
        deletion.deactivate(find_user(username))
    click.echo(f"User {isolated(username)} deactivated")


@user.command()
@USERNAME
@command
def activate(username: str) -> None:
    """Reactivate a deactivated account."""
    with write():
        deletion.reactivate(find_user(username))
    click.echo(f"User {isolated(username)} activated")


@user.command()
@USERNAME
@click.option("--email", required=True, help="The new email.")
@command
def set_email(username: str, email: str) -> None:
    """Change the email that somebody logs in with."""
    with write():
        Organization.lock_for_update()
        found = find_user(username)
        change_email(found, email)
    click.echo(f"User {isolated(found.email)} saved")


@user.command(short_help="Print a link to set a password.")
@USERNAME
@command
def password_link(username: str) -> None:
    """Print a link with which the user sets a password: valid for 72 hours, and once. Hand it to nobody else."""
    with write():
        found = find_user(username)
        code = password_links.make(found)
    click.echo(link_to(password_links.path_of(code)))


@user.command()
@USERNAME
@click.option("--reset", is_flag=True, help="Make a new token; the old one stops working at once.")
@command
def token(username: str, reset: bool) -> None:
    """Print the API token of an account."""
    if not reset:
        click.echo(ApiToken.of(find_user(username)))
        return
    with write():
        found = find_user(username)
        found.lock_for_update()
        if not found.is_active:
            raise CommandError(f"User {isolated(username)} is deactivated")
        new = notices.reset_token(found)
    click.echo(new)
