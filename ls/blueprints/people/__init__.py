"""People: the list of members, what each worked on, deactivation, CSV out and in, the invite link, and invitations."""

from ls.blueprints.people import export, importing, invitations, selection, views  # noqa: F401  # importing them registers routes
from ls.blueprints.people.blueprint import people

__all__ = ["people"]
