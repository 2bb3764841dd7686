"""`roster invite` and `roster setup-link`."""

import json
from typing import Any

import click

from ls.accounts.invitations import Terms, path_of
from ls.accounts.invitations import invite as invite_people
from ls.cli.address import setup_url
from ls.cli.base import VERBOSE, CommandError, command
from ls.config.address import link_to
from ls.db.transaction import write
from ls.db.types import iso
from ls.exceptions import NotFound
from ls.models import Invitation, Organization
from ls.names import isolated
from ls.queries.invitations import all_invitations, used_by

NAMED = 100  # of those who used an invitation


@click.group(invoke_without_command=True, short_help="Print the invite link; invite by email or with an end.")
@click.option("--reset", is_flag=True, help="Make a new link; the old one stops working at once.")
@VERBOSE
@click.pass_context
def invite(context: click.Context, reset: bool) -> None:
    """Print the invite link, or invite by email or with an end with the commands below."""
    if context.invoked_subcommand is None:
        print_link(reset)


@command
def print_link(reset: bool) -> None:
    """Print the one link."""
    if reset:
        with write():
            Organization.lock_for_update().reset_invite()
    click.echo(link_to(path_of(Organization.get().invite_token)))


@invite.command(short_help="Make an invitation.")
@click.option("--email", help="The only address that it admits; it is sent there if mail is set up.")
@click.option("--note", help="What whoever opens the link reads.")
@click.option("--expires", metavar="TIME", help="When it ends: 12h, 7d (the default) or never.")
@click.option("--uses", type=int, help="How often it can be used; once for an address, else any number, if not given.")
@command
def create(email: str | None, note: str | None, expires: str | None, uses: int | None) -> None:
    """Make an invitation and print its link."""
    terms = Terms.parse(note, expires, uses)
    with write():
        Organization.lock_for_update()
        [line] = invite_people([email] if email else [], terms, None)
        if line.invitation is None:
            raise CommandError(f"{isolated(line.email)}: {line.why}")
        url = link_to(path_of(line.invitation.token))
    click.echo(url)


@invite.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
@command
def list_command(as_json: bool) -> None:
    """List the invitations, the newest first."""
    invitations = all_invitations()
    users = used_by(invitations, NAMED)
    rows = [_row(each, [user.email for user in users.get(each.id, ())]) for each in invitations]
    if as_json:
        click.echo(json.dumps(rows, default=iso))
        return
    for row in rows:
        whom, until = isolated(row["email"] or "whoever has it"), iso(row["expires_at"]) or "never expires"
        used = " ".join((f"{row['uses']} uses", *map(isolated, row["used_by"])))
        click.echo("\t".join((str(row["id"]), row["state"], whom, used, until, row["url"])))


def _row(invitation: Invitation, users: list[str]) -> dict[str, Any]:
    names = ("id", "state", "email", "note", "created_at", "expires_at", "max_uses", "uses")
    by = invitation.created_by
    row = {name: getattr(invitation, name) for name in names}
    return {**row, "created_by": by and by.email, "used_by": users, "url": link_to(path_of(invitation.token))}


@invite.command(short_help="End an invitation.")
@click.argument("id", type=int)
@command
def revoke(id: int) -> None:  # noqa: A002  # as the usage names it
    """End the invitation of that ID; its link stops working at once."""
    try:
        with write():
            found = Invitation.lock_for_update(id)
            found.revoke()
            state = found.state
    except NotFound:
        raise CommandError(f"Invitation {id} not found") from None
    click.echo(f"Invitation {id} is {state}")


@click.command("setup-link", short_help="Print the set-up link.")
@command
def setup_link() -> None:
    """Print the link by which the first account is made; it works until there is one."""
    link = setup_url()
    if link is None:
        raise CommandError("This server is set up already. roster invite prints the link to invite people.")
    click.echo(link)
