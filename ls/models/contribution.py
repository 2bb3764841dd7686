"""Who did how much where: sums that are moved in the transaction of the work itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, ScalarSelect, case, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import HasId, UtcDateTime, utcnow
from ls.db.upsert import insert_into
from ls.models.project import Project
from ls.models.task import Task
from ls.models.user import User

CHUNK = 1000  # ids in one statement; SQLite takes 32,766


class Work(NamedTuple):
    """One annotation that counts."""

    project_id: int
    task_id: int
    user_id: int
    at: datetime | None = None


class Contribution(Base):
    """How much one person annotated in one project; kept in the transaction of the annotation."""

    __tablename__ = "contributions"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True, index=True)
    annotations_count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    project: Mapped[Project] = relationship()

    @classmethod
    def totals(cls, user: HasId) -> tuple[int, int]:
        """How many annotations the person submitted, and in how many projects."""
        submitted = func.coalesce(func.sum(cls.annotations_count), 0)
        statement = select(submitted, func.count()).where(cls.user_id == user.id, cls.annotations_count > 0)
        annotations, projects = db.session.execute(statement).one()
        return int(annotations), int(projects)

    @classmethod
    def add(cls, works: Sequence[Work]) -> None:
        """Count these in; their annotations are there already, and their projects are held."""
        if not works:
            return
        _shift(works, 1)
        counts = Counter((work.user_id, work.project_id) for work in works)
        latest: dict[tuple[int, int], datetime] = {}
        for work in works:
            key, at = (work.user_id, work.project_id), work.at or utcnow()
            latest[key] = max(latest.get(key, at), at)
        rows = [
            {
                "user_id": user_id,
                "project_id": project_id,
                "annotations_count": count,
                "last_at": latest[user_id, project_id],
            }
            for (user_id, project_id), count in sorted(counts.items())
        ]
        db.session.execute(_upsert(), rows)

    @classmethod
    def subtract(cls, works: Sequence[Work]) -> None:
        """Count these out; their annotations are gone already, and their projects are held."""
        if not works:
            return
        _shift(works, -1)
        counts = Counter((work.user_id, work.project_id) for work in works)
        for (user_id, project_id), count in sorted(counts.items()):
            mine = (cls.user_id == user_id, cls.project_id == project_id)
            _run(delete(cls).where(*mine, cls.annotations_count <= count))
            fewer = cls.annotations_count - count
            _run(update(cls).where(*mine).values(annotations_count=fewer, last_at=_latest(user_id, project_id)))

    @classmethod
    def rebuild(cls, project_id: int | None = None) -> int:
        """Count everything anew from the annotations, of one project or all; how many projects that was."""
        wanted = select(Project.id).order_by(Project.id)
        if project_id is not None:
            wanted = wanted.where(Project.id == project_id)
        projects = list(db.session.scalars(wanted))
        for found in projects:
            cls.recount(Project.lock(found))
        return len(projects)

    @classmethod
    def recount(cls, project: Project) -> None:
        """Count one project, which the caller holds, anew from its annotations."""
        from ls.models.annotation import Annotation  # counts itself here, so it is what imports this module

        counted = (Annotation.project_id == project.id, Annotation.was_cancelled.is_(False))
        _run(delete(cls).where(cls.project_id == project.id))
        sums = (
            select(Annotation.completed_by_id, Annotation.project_id, func.count(), func.max(Annotation.created_at))
            .where(*counted)
            .group_by(Annotation.completed_by_id, Annotation.project_id)
        )
        _run(insert(cls).from_select(["user_id", "project_id", "annotations_count", "last_at"], sums))
        of_task = select(func.count()).where(Annotation.task_id == Task.id, Annotation.was_cancelled.is_(False))
        _run(update(Task).where(Task.project_id == project.id).values(annotations_count=of_task.scalar_subquery()))
        tasks = select(func.count()).where(Task.project_id == project.id)
        project.tasks_count = db.session.scalar(tasks) or 0
        project.annotations_count = db.session.scalar(select(func.count()).where(*counted)) or 0
        db.session.flush()


def _shift(works: Sequence[Work], sign: int) -> None:
    """Move the counts of the projects and the tasks."""
    for project_id, count in sorted(Counter(work.project_id for work in works).items()):
        moved = Project.annotations_count + sign * count
        _run(update(Project).where(Project.id == project_id).values(annotations_count=moved))
    tasks = defaultdict(list)
    for task_id, count in Counter(work.task_id for work in works).items():
        tasks[count].append(task_id)
    for count, ids in tasks.items():
        for start in range(0, len(ids), CHUNK):
            mine = update(Task).where(Task.id.in_(ids[start : start + CHUNK]))
            _run(mine.values(annotations_count=Task.annotations_count + sign * count))


def _upsert() -> Any:
    table = Contribution.metadata.tables[Contribution.__tablename__]
    adding = insert_into(table, db.engine.dialect.name)
    given = adding.excluded
    newer = case((given.last_at > table.c.last_at, given.last_at), else_=table.c.last_at)
    return adding.on_conflict_do_update(
        index_elements=["user_id", "project_id"],
        set_={"annotations_count": table.c.annotations_count + given.annotations_count, "last_at": newer},
    )


def _latest(user_id: int, project_id: int) -> ScalarSelect[Any]:
    """When the person's latest annotation there was made, read from the end of their index."""
    from ls.models.annotation import Annotation  # as above

    mine = (Annotation.project_id == project_id, Annotation.completed_by_id == user_id)
    made = select(Annotation.created_at).where(*mine, Annotation.was_cancelled.is_(False))
    return made.order_by(Annotation.created_at.desc()).limit(1).scalar_subquery()


def _run(statement: Any) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})
