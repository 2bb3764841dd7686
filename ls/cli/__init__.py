"""The commands, one file per noun."""

import sys

import click
from flask import Flask

# Commands that answer no request. For them the pages are not mounted: that takes a quarter of their time.
WITHOUT_PAGES = frozenset({"user", "reset_password", "reset-password", "invite", "check", "project", "backup"})


def needs_pages() -> bool:
    """Will this process answer requests? True unless it surely runs a command that does not."""
    if click.get_current_context(silent=True) is None:
        return True
    first = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    return first not in WITHOUT_PAGES


def init_app(app: Flask) -> None:
    """Register every command."""
    from ls.cli.check import check
    from ls.cli.data import backup, db_copy, restore
    from ls.cli.invite import invite
    from ls.cli.password import reset_password
    from ls.cli.project import project
    from ls.cli.start import start
    from ls.cli.user import user

    for command in (start, user, reset_password, invite, check, project, backup, restore, db_copy):
        app.cli.add_command(command)
    app.cli.add_command(reset_password, "reset-password")
