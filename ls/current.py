"""Who is signed in, with its type."""

from flask_login import current_user

from ls.models import User


def visitor() -> User | None:
    """The signed-in person, or None."""
    user: User | None = current_user._get_current_object()  # noqa: SLF001  # the proxy's documented way to its object
    return user if user is not None and user.is_authenticated else None


def member() -> User:
    """The signed-in person, in a view that the guard keeps for members."""
    user = visitor()
    if user is None:
        raise RuntimeError("this view is not for visitors")
    return user
