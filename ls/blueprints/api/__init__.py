"""Label Studio's routes and JSON, so that its SDK works unchanged; one file per resource."""

from ls.blueprints.api import (  # noqa: F401  # importing a resource registers its routes
    activity_logs,
    annotations,
    current_user,
    docs,
    imports,
    memberships,
    organizations,
    projects,
    tasks,
    tokens,
    users,
)
from ls.blueprints.api.blueprint import api

__all__ = ["api"]
