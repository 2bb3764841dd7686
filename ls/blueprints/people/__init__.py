"""People: the list of members, what each worked on, deactivation, CSV out and in, and the invite link."""

from ls.blueprints.people import export, importing, selection, views  # noqa: F401  # importing them registers routes
from ls.blueprints.people.blueprint import people

__all__ = ["people"]
