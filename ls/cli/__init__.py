"""The commands, one file per noun."""

from collections.abc import Callable

import click
from flask import Flask

from ls.cli.check import check
from ls.cli.data import backup, db_copy, db_downgrade, restore
from ls.cli.invite import invite, setup_link
from ls.cli.label_studio import export_label_studio, import_label_studio
from ls.cli.mail import mail
from ls.cli.password import reset_password
from ls.cli.people import people
from ls.cli.project import project
from ls.cli.roster import make
from ls.cli.start import start
from ls.cli.sync import sync_label_studio
from ls.cli.user import user

SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Start and check": (start, setup_link, check),
    "People": (user, people, reset_password, invite),
    "Projects": (project,),
    "Mail": (mail,),
    "Data": (backup, restore, db_copy, db_downgrade),
    "Label Studio": (import_label_studio, export_label_studio, sync_label_studio),
}


def init_app(app: Flask) -> None:
    """Register every command with `flask`."""
    _register(app.cli)


def roster(create_app: Callable[[], Flask]) -> click.Group:
    """The command `roster`, with the same commands."""
    group = make(create_app, SECTIONS)
    _register(group)
    return group


def _register(group: click.Group) -> None:
    for commands in SECTIONS.values():
        for each in commands:
            group.add_command(each)
    group.add_command(reset_password, "reset-password")
