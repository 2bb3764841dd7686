"""A larger installation, and what its statements cost: rows read on PostgreSQL, steps on SQLite."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import insert, text

from ls.db.extensions import db
from ls.db.transaction import write
from ls.folding import name_key, search_text
from ls.models import (
    Annotation,
    Contribution,
    Event,
    Invitation,
    LinkedMember,
    LinkedProject,
    LinkedRole,
    LoginSession,
    Organization,
    Project,
    Task,
    User,
)

PEOPLE, PROJECTS, DELETED, TASKS, EVENTS, SESSIONS = 4000, 3000, 2000, 4000, 6000, 3000
START = datetime(2026, 1, 1, tzinfo=UTC)


def crowd(app: Flask, number: int) -> None:
    """Add users: every third is deactivated, two share each name, no two were last active at the same time."""
    with app.app_context():
        with write():
            db.session.execute(insert(User), [_user(index, number) for index in range(number)])
            for status in ("active", "deactivated"):
                members = db.select(db.func.count()).where(User.status == status).scalar_subquery()
                db.session.execute(db.update(Organization).values({f"{status}_members": members}))
        db.session.remove()


def _user(index: int, number: int) -> dict[str, Any]:
    email, first_name = f"p{index:03}@example.org", f"Name {index // 2:03}"
    moment = START + timedelta(minutes=index * 7 % number)
    return {
        "email": email,
        "email_key": email,
        "first_name": first_name,
        "name_key": name_key(email, first_name, ""),
        "search_text": search_text(email, first_name, ""),
        "status": "deactivated" if index % 3 == 2 else "active",
        "last_activity": moment,
        "activity_key": moment,
        "invitation_id": index + 1,
    }


def grow(app: Flask, one: int) -> None:
    """Add thousands of everything; the first project and the user `one` have more of it than a page shows."""
    crowd(app, PEOPLE)
    with app.app_context():
        with write() as session:
            Organization.get().label_studio_url = "http://there.example"
            for table, rows in _rows(one):
                session.execute(insert(table), rows)
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        db.session.remove()


def _rows(one: int) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    others = [one + 1 + number for number in range(PEOPLE)]
    yield (
        Project,
        [
            {"title": f"Project {number}", "created_by_id": one if number < 60 else others[number]}
            for number in range(PROJECTS)
        ],
    )
    moment = datetime.now(UTC)
    deleted = {"title": "Deleted", "deleted_by_id": one, "deleted_at": moment}
    yield Project, [{**deleted, "created_by_id": others[number]} for number in range(DELETED)]
    yield Task, [{"project_id": 1 + number % 2, "data": {}} for number in range(TASKS)]
    common = {"completed_by_id": one, "project_id": 1, "result": [], "ground_truth": False, "unique_id": ""}
    yield Annotation, [{**common, "task_id": 1 + 2 * (number % 2000)} for number in range(TASKS)]
    shown = [{"user_id": one, "project_id": 1 + number} for number in range(60)]
    shown += [{"user_id": other, "project_id": 1 + number % 300} for number, other in enumerate(others)]
    yield Contribution, [{**row, "annotations_count": 1 + n, "last_at": START} for n, row in enumerate(shown)]
    yield (
        Event,
        [
            {
                "kind": "login" if number % 100 else "password_changed",
                "actor_id": others[number % PEOPLE],
                "target_id": others[number % PEOPLE],
                "at": START + timedelta(minutes=number),
            }
            for number in range(EVENTS)
        ],
    )
    yield LinkedProject, [{"id": 1 + n, "title": "There", "url": "", "annotations_count": n} for n in range(PROJECTS)]
    yield LinkedMember, [{"user_id": user_id, "annotations_count": user_id} for user_id in (one, *others)]
    # Everybody contributes to the newest project, and has created one.
    roles = [(PROJECTS, user_id, user_id == others[0]) for user_id in others]
    roles += [(1 + n, user_id, True) for n, user_id in enumerate(others[: PROJECTS - 1])]
    names = ("project_id", "user_id", "has_created")
    yield LinkedRole, [{**dict(zip(names, role, strict=True)), "has_contributed": True} for role in roles]
    yield Invitation, [{"created_by_id": one, "uses": 1} for _ in range(SESSIONS)]
    yield (
        LoginSession,
        [
            {
                "user_id": others[number],
                "digest": number.to_bytes(32, "big"),
                "created_at": moment,
                "last_seen": moment,
            }
            for number in range(SESSIONS)
        ],
    )


@dataclass
class Statement:
    """A statement that was sent to the database, and what it costs."""

    sql: str
    values: Any
    costs: int = 0
    steps: list[str] = field(default_factory=list)

    def explain(self, app: Flask) -> "Statement":
        """Send it again and count what the database does."""
        with app.app_context(), db.engine.connect() as connection:
            dialect = connection.dialect.name
            self.costs, self.steps = (_sqlite if dialect == "sqlite" else _postgresql)(connection, self)
        return self


def _sqlite(connection: Any, asked: Statement) -> tuple[int, list[str]]:
    """Hundreds of instructions of SQLite's virtual machine, and the lines of the plan."""
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.sql}", asked.values).all()
    hundreds = [0]

    def count() -> int:
        hundreds[0] += 1
        return 0

    raw = connection.connection.driver_connection
    raw.set_progress_handler(count, 100)
    connection.exec_driver_sql(asked.sql, asked.values).all()
    raw.set_progress_handler(None, 0)
    return hundreds[0], [row[3] for row in plan]


def _postgresql(connection: Any, asked: Statement) -> tuple[int, list[str]]:
    """The number of rows that were read, and the nodes of the plan."""
    # PostgreSQL would read tables as small as these as a whole; with these off it plans as for large ones.
    for way in ("seqscan", "hashjoin", "mergejoin"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    explained = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {asked.sql}"
    nodes = list(_nodes(connection.exec_driver_sql(explained, asked.values).scalar()[0]["Plan"]))
    return sum(_read(node) for node in nodes if "Scan" in node["Node Type"]), [_told(node) for node in nodes]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _read(node: dict[str, Any]) -> int:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + removed) * node["Actual Loops"])


def _told(node: dict[str, Any]) -> str:
    where = node.get("Relation Name", "") or node.get("Index Name", "")
    return f"{node['Node Type']} {where} {node['Actual Rows']}".replace("  ", " ")
