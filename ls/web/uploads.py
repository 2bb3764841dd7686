"""What an import may send, and in which turn; for the page of a project and for the API."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, TypeVar

from flask import current_app, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from ls.exceptions import Throttled
from ls.projects.import_authors import Authors, read_people
from ls.projects.import_reader import ImportRefused

MAX_BYTES = 256 * 1024 * 1024
MAX_TASKS = 250_000  # as Label Studio; their ids are in the answer
RETRY_AFTER = 15  # seconds; Label Studio's SDK then asks again by itself
MULTIPART = "multipart/form-data"
FILES = (
    "Send the tasks as one multipart file: curl -F file=@tasks.json. Besides it only a file called people may be sent."
)

turn = threading.Lock()

View = TypeVar("View", bound=Callable[..., Any])


class ImportRunning(Throttled):
    """A large import is running in this process already."""

    message = _l("Another import is running. Try again in a moment.")


def takes_import(view: View) -> View:
    """Let the form of this view be as large as an import; the guard reads it, for its CSRF token."""
    view.max_bytes = MAX_BYTES  # type: ignore[attr-defined]  # a mark on a function
    return view


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """One import at a time, except for those no larger than what every other call may send."""
    if (request.content_length or MAX_BYTES) <= current_app.config["MAX_CONTENT_LENGTH"]:
        yield
        return
    if not turn.acquire(blocking=False):
        raise ImportRunning(RETRY_AFTER)
    try:
        yield
    finally:
        turn.release()


def sent_tasks(author: str = "") -> tuple[IO[bytes], Authors]:
    """The tasks that the request brings, and who their authors are. Raises ImportRefused."""
    request.max_content_length = MAX_BYTES
    if request.mimetype != MULTIPART:  # request.form stays unread: curl calls any body a form
        return request.stream, Authors(current_user, author=author)
    files = [(name, file) for name, file in request.files.items(multi=True) if name != "people"]
    if len(files) != 1:
        raise ImportRefused(FILES)
    people = request.files.get("people")
    explained = read_people(people.stream) if people else None
    return files[0][1].stream, Authors(current_user, explained, request.form.get("author", author).strip())
