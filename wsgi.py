"""For production servers: `gunicorn wsgi:application`."""

import os
import sys

import click
from sqlalchemy.exc import OperationalError

from app import create_app
from ls.accounts.first_account import ensure_account
from ls.backup.restore import prepare_database
from ls.config.settings import ConfigError, warnings_for
from ls.db.migrate import SchemaTooNew
from ls.exceptions import DomainError
from ls.projects import deletion

GIVE_UP = 3  # gunicorn's "worker failed to boot"; at any other exit status it would start the worker again and again

# The command line imports this file as well; its commands prepare the database themselves.
if click.get_current_context(silent=True) is not None:
    application = create_app()
else:
    try:
        application = create_app()
        for warning in warnings_for(os.environ):
            print(warning, file=sys.stderr)  # noqa: T201  # in the words of `flask start`
        prepare_database(application)
        with application.app_context():
            ensure_account(*(application.config[name] for name in ("USERNAME", "PASSWORD", "USER_TOKEN")))
            deletion.purge_some(deletion.AT_START)
    except (ConfigError, DomainError, SchemaTooNew, OperationalError) as refused:
        reason = refused.orig if isinstance(refused, OperationalError) else refused
        print(str(reason).partition("\n")[0], file=sys.stderr)  # noqa: T201  # there is no log yet
        sys.exit(GIVE_UP)
