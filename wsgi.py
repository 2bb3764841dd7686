"""For production servers: `gunicorn wsgi:application`."""

import click

from app import create_app
from ls.start import prepare

application = create_app()

# The command line finds this file as well; its commands prepare for themselves, with errors in one line.
if click.get_current_context(silent=True) is None:
    prepare(application)
