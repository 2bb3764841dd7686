"""`roster invite`."""

import click

from ls.cli.address import base_url
from ls.cli.base import command
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
