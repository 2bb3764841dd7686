"""Account & Settings: what users change about their own account."""

from ls.blueprints.settings import email, email_links, personal_tokens, views  # noqa: F401  # importing them registers their routes
from ls.blueprints.settings.blueprint import settings

__all__ = ["settings"]
