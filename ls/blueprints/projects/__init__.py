"""Projects: the list, and a page for each."""

from ls.blueprints.projects import imports, views  # noqa: F401  # importing them registers their routes
from ls.blueprints.projects.blueprint import projects

__all__ = ["projects"]
