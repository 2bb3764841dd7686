"""The commands, one file per noun."""

from flask import Flask

from ls.cli.check import check
from ls.cli.data import backup, db_copy, db_downgrade, restore
from ls.cli.invite import invite, setup_link
from ls.cli.password import reset_password
from ls.cli.people import people
from ls.cli.project import project
from ls.cli.start import start
from ls.cli.user import user


def init_app(app: Flask) -> None:
    """Register every command."""
    accounts = (start, setup_link, user, reset_password, invite)
    for each in (*accounts, check, people, project, backup, restore, db_copy, db_downgrade):
        app.cli.add_command(each)
    app.cli.add_command(reset_password, "reset-password")
