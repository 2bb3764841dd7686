"""Sign-up, login, log-out, passwords set by a link, and the language of a visitor."""

from ls.blueprints.auth import forgot_password, language, set_password, views  # noqa: F401  # importing them registers their routes
from ls.blueprints.auth.blueprint import auth

__all__ = ["auth"]
