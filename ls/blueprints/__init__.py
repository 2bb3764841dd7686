"""What answers over HTTP, one folder per part of the product."""

from flask import Flask

from ls.blueprints.activity.views import activity
from ls.blueprints.api import api
from ls.blueprints.auth import auth
from ls.blueprints.first_steps.views import first_steps
from ls.blueprints.guard.views import guard
from ls.blueprints.organization.views import organization
from ls.blueprints.people import people
from ls.blueprints.projects import projects
from ls.blueprints.settings import settings
from ls.blueprints.system.views import system
from ls.config.environment import share_counts


def init_app(app: Flask) -> None:
    """Register every blueprint."""
    for blueprint in (auth, activity, first_steps, guard, organization, people, projects, settings, system, api):
        app.register_blueprint(blueprint)
    if app.config["METRICS"]:
        # A library that nothing else needs, and that reads the name of its folder when it is imported.
        share_counts(app.config["BASE_DATA_DIR"])
        from ls.blueprints.metrics.views import metrics  # noqa: PLC0415

        app.register_blueprint(metrics)
