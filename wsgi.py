"""For production servers: `gunicorn wsgi:application`."""

from app import create_app
from ls.start import prepare

application = create_app()
prepare(application)
