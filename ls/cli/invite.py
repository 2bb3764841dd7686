"""`flask invite`."""

import click
from flask import current_app

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
    base = current_app.config["HOST"] or f"http://localhost:{current_app.config['PORT']}"
    click.echo(f"{base}/user/signup/?token={Organization.get().invite_token}")
