"""The original's routes and JSON, so that its SDK works unchanged; one file per resource."""

from flask import Blueprint

api = Blueprint("api", __name__)


def resources() -> Blueprint:
    """The blueprint with every resource on it."""
    from ls.blueprints.api import (  # noqa: F401  # importing a resource puts its routes on the blueprint
        activity_logs,
        annotations,
        current_user,
        docs,
        memberships,
        organizations,
        projects,
        tasks,
        tokens,
        users,
    )

    return api
