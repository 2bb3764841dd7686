"""Label Studio's routes and JSON, so that its SDK works unchanged; one file per resource."""

from ls.blueprints.api import (  # noqa: F401  # importing a resource registers its routes
    actions,
    activity_logs,
    annotations,
    current_user,
    deleted_projects,
    docs,
    imports,
    invitations,
    memberships,
    organizations,
    projects,
    tasks,
    tokens,
    users,
    version,
)
from ls.blueprints.api.blueprint import api

__all__ = ["api"]
