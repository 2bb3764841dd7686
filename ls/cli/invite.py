"""`flask invite` and `flask setup-link`."""

import click

from ls.cli.address import base_url, setup_url
from ls.cli.base import CommandError, command
from ls.db.transaction import write
from ls.models import Organization


@click.command()
@click.option("--reset", is_flag=True, help="Make a new link; the old one stops working at once.")
@command
def invite(reset: bool) -> None:
    """Print the invite link."""
    if reset:
        with write():
            Organization.lock_for_update().reset_invite()
    click.echo(f"{base_url()}/user/signup/?token={Organization.get().invite_token}")


@click.command("setup-link", short_help="Print the set-up link.")
@command
def setup_link() -> None:
    """Print the link by which the first account is made; it works until there is one."""
    link = setup_url()
    if link is None:
        raise CommandError("This server is set up already. flask invite prints the link to invite people.")
    click.echo(link)
