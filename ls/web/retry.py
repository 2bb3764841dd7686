"""A request whose transaction the database rolled back for the sake of another is answered once more.

Nothing of the first time is left: a view commits at its end, and what was sent can be read again.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, current_app, g, request

from ls.db.extensions import db
from ls.db.transaction import lost_to_another

PAUSE = 0.3  # seconds, in which the other one takes the lock that it waited for; else both would cross again

View = TypeVar("View", bound=Callable[..., Any])


def reads_once(view: View) -> View:
    """Mark a view whose body is a stream, which cannot be read again."""
    view.reads_once = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def answer_once_more(error: Exception) -> Response | None:
    """The answer of the second time; None if there is none, because this error is another, or comes again."""
    view = current_app.view_functions.get(request.endpoint or "")
    if not lost_to_another(error) or g.get("is_second_time") or getattr(view, "reads_once", False):
        return None
    g.is_second_time = True
    db.session.rollback()
    time.sleep(PAUSE)
    for file in request.files.values():
        file.seek(0)
    try:
        return current_app.make_response(current_app.dispatch_request())
    except Exception as failure:  # answered as it would be the first time
        return current_app.make_response(current_app.handle_user_exception(failure))
