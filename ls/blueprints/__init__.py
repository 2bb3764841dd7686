"""What answers over HTTP, one folder per part of the product."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register every blueprint."""
    from ls.blueprints.activity.views import activity
    from ls.blueprints.api import resources
    from ls.blueprints.auth.views import auth
    from ls.blueprints.people.views import people
    from ls.blueprints.projects.views import projects
    from ls.blueprints.settings.views import settings
    from ls.blueprints.system.views import system

    for blueprint in (
        auth,
        activity,
        people,
        projects,
        settings,
        system,
        resources(),
    ):
        app.register_blueprint(blueprint)
