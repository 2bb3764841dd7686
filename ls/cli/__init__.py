"""The commands, one file per noun."""

from flask import Flask


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
