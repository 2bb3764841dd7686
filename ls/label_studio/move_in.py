"""Moves a team in: everything is checked and prepared first, written in one transaction, then counted and compared."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, select

from ls.db.extensions import Base, db
from ls.db.sequences import continue_after
from ls.label_studio import organization, tokens, work
from ls.label_studio.people import COLUMNS, Account, checked_accounts, statuses, tombstone, user_of
from ls.label_studio.pictures import StoredPicture, prepare
from ls.label_studio.report import Report
from ls.label_studio.row import Row
from ls.label_studio.scope import NUMBERED, Scope, check_tables, choose_organization, count_left
from ls.label_studio.secret_key import read_key
from ls.label_studio.source import MoveRefused, Source
from ls.models import Annotation, ApiToken, Avatar, Event, Organization, PersonalToken, Project, Task, User
from ls.models.user import ACTIVE, DELETED
from ls.projects import counters

ROWS, CHARACTERS = 500, 2_000_000  # written at once

Progress = Callable[[int], object]
WRITTEN: dict[str, type[Base]] = {
    "people": User,
    "pictures": Avatar,
    "api_tokens": ApiToken,
    "personal_tokens": PersonalToken,
    "projects": Project,
    "tasks": Task,
    "annotations": Annotation,
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command was given beside the source."""

    media: Path | None = None
    secret_key_file: Path | None = None
    organization: int | None = None
    emails: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A team that has been checked and can move in."""

    source: Source
    report: Report
    scope: Scope
    people: Mapping[int, Account]
    pictures: Mapping[int, StoredPicture]
    secret_key: str
    counts: Mapping[str, int]
    lost: int | None  # the deleted account for work without an author, above all ids that Label Studio gave out


def check_is_empty() -> None:
    """Raise MoveRefused unless nobody is here yet."""
    if any(db.session.scalar(select(model.id).limit(1)) for model in (User, Project)):
        raise MoveRefused("There are accounts or projects here already. A team moves into an empty installation only.")


def check(source: Source, wishes: Wishes, scratch: Path) -> Move:
    """Check everything and prepare the pictures, with nothing written. Raises MoveRefused."""
    check_tables(source)
    report = Report(source.name)
    scope = Scope(source, choose_organization(source, wishes.organization))
    people = checked_accounts(source, statuses(source, scope), wishes.emails)
    if not any(account.status == ACTIVE for account in people.values()):
        raise MoveRefused(f"Nobody in {source.name} could log in: there is no active member.")
    counts = {"people": len(people), **scope.counts(source)}
    report.came.update(people=len(people))
    report.came.update(account.status for account in people.values())
    count_left(source, report, counts)
    key = read_key(wishes.secret_key_file) if wishes.secret_key_file else ""
    pictures = {
        user_id: picture
        for user_id, row in _accounts(source, people, report)
        if people[user_id].status != DELETED and (picture := prepare(row, wishes.media, scratch))
    }
    return Move(source, report, scope, people, pictures, key, counts, _lost(source, scope, people))


def _lost(source: Source, scope: Scope, people: Mapping[int, Account]) -> int | None:
    """The id of an account for lost authors, or to keep the id of the latest account, if that is gone."""
    last = source.last_id("htx_user")
    is_needed = last > max(people) or not people.keys() >= set(source.connection.scalars(scope.authors))
    return last + 1 if is_needed else None


def _accounts(source: Source, people: Mapping[int, Account], report: Report) -> Iterator[tuple[int, Row]]:
    for values in source.rows(source.select("htx_user", *COLUMNS)):
        row = Row("account", values, report)
        if (user_id := row.id("id")) in people:
            yield int(user_id or 0), row


def write_all(move: Move, progress: Progress) -> None:
    """Write everything, inside `write()`, and compare the counts. Raises MoveRefused."""
    here = Organization.lock_for_update()
    check_is_empty()
    organization.fill(here, move.source, move.scope.organization_id, move.people, move.report)
    _write_people(move, progress)
    _write_work(move, progress)
    counters.rebuild()
    for name, table in NUMBERED.items():
        last = move.lost if name == "people" and move.lost else move.source.last_id(table)
        continue_after(last, _table(WRITTEN[name]), db.session.connection())
    _compare(move)
    _count_skipped(move)
    people, projects, tasks, annotations = (move.counts[name] for name in NUMBERED)
    Event.record("moved_in", people=people, projects=projects, tasks=tasks, annotations=annotations)


def _write_people(move: Move, progress: Progress) -> None:
    for user_id, row in _accounts(move.source, move.people, move.report):
        account, picture = move.people[user_id], move.pictures.get(user_id)
        user = user_of(row, user_id, account)
        if picture:
            user.avatar_name = picture.file.name
        if account.status != DELETED and user.password_hash is None:
            move.report.without_password.append({"id": user_id, "email": account.email})
        db.session.add(user)
        progress(1)
    if move.lost:
        db.session.add(tombstone(move.lost))
    db.session.flush()
    for user_id, picture in move.pictures.items():
        values = {"user_id": user_id, "name": picture.file.name, "media_type": picture.media_type}
        db.session.execute(insert(_table(Avatar)), {**values, "data": picture.file.read_bytes()})
    _insert(ApiToken, tokens.api_tokens(move.source, move.people, move.report))
    _insert(PersonalToken, tokens.personal_tokens(move.source, move.people, move.secret_key, move.report))


def _write_work(move: Move, progress: Progress) -> None:
    source, scope, report = move.source, move.scope, move.report
    _insert(Project, work.projects(source, scope, move.people, report), progress)
    _insert_long(Task, work.tasks(source, scope, report), progress)
    _insert_long(Annotation, work.annotations(source, scope, move.people, move.lost, report), progress)


def _insert(model: type[Base], rows: Iterable[dict[str, Any]], progress: Progress = lambda _rows: None) -> None:
    _insert_long(model, ((0, row) for row in rows), progress)


def _insert_long(model: type[Base], rows: Iterable[tuple[int, dict[str, Any]]], progress: Progress) -> None:
    """Insert rows that come with their length, so many at once as fit into little memory."""
    for portion in _portions(rows):
        db.session.execute(insert(_table(model)), portion)
        progress(len(portion))


def _portions(rows: Iterable[tuple[int, dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    portion, characters = [], 0
    for length, row in rows:
        portion.append(row)
        characters += length
        if len(portion) == ROWS or characters > CHARACTERS:
            yield portion
            portion, characters = [], 0
    if portion:
        yield portion


def _table(model: type[Base]) -> Table:
    return model.metadata.tables[model.__tablename__]


def _compare(move: Move) -> None:
    """Raise MoveRefused unless as many rows are here as were to come."""
    for name, model in WRITTEN.items():
        found = db.session.scalar(select(func.count()).select_from(_table(model))) or 0
        found -= bool(move.lost) and model is User
        if found != move.counts.get(name, found):
            raise MoveRefused(f"{move.counts[name]} {name} were to come, and {found} did. Nothing was changed.")
        move.report.came[name] = found


def _count_skipped(move: Move) -> None:
    """Note in the report for whom Label Studio, which counts skipped annotations too, shows another number."""
    skipped = select(Annotation.completed_by_id, func.count()).where(Annotation.was_cancelled)
    for user_id, number in db.session.execute(skipped.group_by(Annotation.completed_by_id)):
        if user_id in move.people and move.people[user_id].status != DELETED:
            here, _projects = counters.contribution_totals(user_id)
            counts = {"label_studio": here + number, "here": here}
            move.report.counted_otherwise.append({"id": user_id, "email": move.people[user_id].email, **counts})
