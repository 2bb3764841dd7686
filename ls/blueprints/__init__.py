"""What answers over HTTP, one folder per part of the product."""

from flask import Flask

from ls.blueprints.activity.views import activity
from ls.blueprints.api import api
from ls.blueprints.auth import auth
from ls.blueprints.first_steps.views import first_steps
from ls.blueprints.organization.views import organization
from ls.blueprints.people import people
from ls.blueprints.projects import projects
from ls.blueprints.settings import settings
from ls.blueprints.system.views import system


def init_app(app: Flask) -> None:
    """Register every blueprint."""
    for blueprint in (auth, activity, first_steps, organization, people, projects, settings, system, api):
        app.register_blueprint(blueprint)
