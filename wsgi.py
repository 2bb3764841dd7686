"""For production servers: `gunicorn wsgi:application`."""

import fcntl
import os
import sys
from pathlib import Path

import click
from flask import Flask, request_started
from sqlalchemy.exc import OperationalError

from app import create_app
from ls.accounts.first_account import ensure_account
from ls.backup.restore import prepare_database
from ls.config.settings import ConfigError
from ls.config.warnings import warnings_for
from ls.db.migrate import SchemaTooNew
from ls.db.postgresql import reason
from ls.exceptions import DomainError
from ls.mail import sender
from ls.models import Organization
from ls.projects import deletion

GIVE_UP = 3  # gunicorn's "worker failed to boot"; at any other exit status it would start the worker again and again


def is_first(app: Flask) -> bool:
    """Whether no other worker has the lock, which is held until this one ends: warnings are printed once."""
    lock = os.open(Path(app.config["BASE_DATA_DIR"], "wsgi.lock"), os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def start_sender(app: Flask, **_arguments: object) -> None:
    """Start it with the first request: the process that loads this file may not be the one that serves."""
    request_started.disconnect(start_sender, app)
    sender.start(app)


# The command line imports this file as well; its commands prepare the database themselves.
if click.get_current_context(silent=True) is not None:
    application = create_app()
else:
    try:
        application = create_app()
        prepare_database(application)
        first = is_first(application)
        for warning in warnings_for(os.environ) if first else ():
            print(warning, file=sys.stderr)  # noqa: T201  # in the words of `roster start`
        with application.app_context():
            ensure_account(*(application.config[name] for name in ("USERNAME", "PASSWORD", "USER_TOKEN")))
            deletion.purge_some(deletion.AT_START)
            if first and not (organization := Organization.get()).is_founded:
                link = f"{application.config['HOST']}/setup/{organization.setup_code}"
                print(f"Set up this server: {link}", file=sys.stderr)  # noqa: T201  # as `roster start` does
        request_started.connect(start_sender, application)
    except (ConfigError, DomainError, SchemaTooNew, OperationalError) as refused:
        problem = reason(refused) if isinstance(refused, OperationalError) else str(refused)
        print(problem, file=sys.stderr)  # noqa: T201  # there is no log yet
        sys.exit(GIVE_UP)
