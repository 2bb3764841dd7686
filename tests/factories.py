"""Small factories for what people work on; they need an application context."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Contribution, OutgoingMail, Project, Task, User
from ls.models.outgoing_mail import Content
from ls.projects import annotations, counters, deletion, tasks


def people_file(text: str = "email,first_name,last_name\nerin@example.org,Erin,\n") -> tuple[BytesIO, str]:
    """A CSV file of people to import; a new one each time, as sending it closes it."""
    return BytesIO(text.encode()), "people.csv"


def a_project(creator: int, title: str = "Product photos", **fields: Any) -> int:
    """A project of that person; its id."""
    with write():
        return Project.create(title, User.find(creator), **fields).id


def a_task(project: int, text: str = "a chair", **fields: Any) -> int:
    """A task in that project; its id."""
    with write():
        return tasks.create(Project.find(project), {"text": text}, None, **fields)


def an_annotation(task: int, author: int, **fields: Any) -> int:
    """What that person said about the task; its id."""
    with write():
        return annotations.create(Task.find(task), User.find(author), [{"value": 1}], **fields)


def a_failed_message(to: str = "dora@example.org", lifetime: timedelta = timedelta(hours=1)) -> int:
    """A message that could not be sent; its id."""
    with write() as session:
        content = Content(to, "Hello", "Hello\n", "<p>Hello</p>")
        message = OutgoingMail.add(content, f"<{uuid4()}@example.org>", lifetime)
        session.flush()
        message.fail("550 No such user here", is_final=True)
        return message.id


def purge_deleted() -> int:
    """Purge every deleted project, as if each had been deleted long ago; how many there were."""
    with write() as session:
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        session.execute(db.update(Project).where(Project.deleted_at.is_not(None)).values(deleted_at=long_ago))
    return deletion.purge()


def sums() -> dict[str, dict[Any, Any]]:
    """Every count that is kept, as the database holds it now."""
    db.session.rollback()
    contributions = db.session.scalars(db.select(Contribution))
    found: dict[str, dict[Any, Any]] = {
        "contributions": {(row.user_id, row.project_id): (row.annotations_count, row.last_at) for row in contributions},
        "projects": {
            row.id: (row.tasks_count, row.annotations_count) for row in db.session.scalars(db.select(Project))
        },
        "tasks": {row.id: row.annotations_count for row in db.session.scalars(db.select(Task))},
    }
    db.session.rollback()
    return found


def counts() -> dict[tuple[int, int], int]:
    """Contributions by person and project, without their moments."""
    return {key: count for key, (count, _) in sums()["contributions"].items()}


def last_at(user: int, project: int) -> datetime:
    """When that person last contributed there."""
    moment: datetime = sums()["contributions"][user, project][1]
    return moment


def assert_true() -> None:
    """What is kept is what counting anew from the annotations gives."""
    kept = sums()
    with write():
        counters.rebuild()
    assert sums() == kept
