"""Reads who did what in a Label Studio, and keeps it beside Roster's own.

Members are found by email. Their annotations are counted there by one call each, which is left out for whoever did
nothing since, in projects in which nobody did. Nothing is deleted here because it is missing there. One Label Studio is
kept at a time, as ids of another may be the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, delete, select

from ls.db.extensions import Base, db
from ls.db.transaction import write
from ls.exceptions import DomainError
from ls.linked.source import Counted, Member, Project, Source
from ls.models import Event, LinkedMember, LinkedProject, LinkedRole, Organization, User
from ls.models.project import TITLE_LENGTH
from ls.models.user import email_key

Told = Callable[[str], object]


@dataclass
class Found:
    """How many members are known here, how many are not, how many projects, and how many rows are new or different."""

    people: int = 0
    unknown: int = 0
    projects: int = 0
    changes: int = 0
    seen: set[int] = field(default_factory=set)


def keep_only(source: Source, *, replace: bool) -> None:
    """Keep this Label Studio from now on; with `replace`, forget another that was read before.

    Raises DomainError, without `replace`, if another was read before.
    """
    with write() as session:
        organization = Organization.lock_for_update()
        other = organization.label_studio_url
        if other not in {None, source.url}:
            if not replace:
                raise DomainError(
                    f"{other} was read before, and one Label Studio is kept at a time. "
                    f"To forget what was read there, and read {source.url} instead, add --replace."
                )
            for kept in (LinkedRole, LinkedMember, LinkedProject):
                session.execute(delete(kept))
        organization.label_studio_url = source.url


def sync(source: Source, on_page: Callable[[int], object], on_unknown: Told) -> Found:
    """Read everything once; tells of every page of members, and of every email unknown here. Raises SourceFailed."""
    found = Found()
    moved = _read_projects(source, found)
    path = source.members_path()
    for members in source.pages(path, Member, contributed_to_projects=1):
        known = list(_known(members, found, on_unknown))
        found.changes += _save(
            [row for user_id, member in known for row in _rows(source, path, user_id, member, moved)]
        )
        on_page(len(members))
    with write():  # only now, so that whatever ends this before lets the next one count again
        for project_id, count in moved.items():
            db.session.get_one(LinkedProject, project_id).annotations_count = count
        if found.changes:
            Event.record("label_studio_read", projects=found.projects, people=found.people)
    return found


def _read_projects(source: Source, found: Found) -> dict[int, int]:
    """Save them; returns the numbers of annotations that are others than before, 0 where a project is gone."""
    moved, listed = dict[int, int](), set[int]()
    for projects in source.pages("/api/projects/", Project, include="id,title,total_annotations_number"):
        listed |= {project.id for project in projects}
        found.changes += _save_projects(source, projects, moved)
    found.projects = len(listed)
    counted = db.session.scalars(select(LinkedProject.id).where(LinkedProject.annotations_count > 0))
    return moved | {project_id: 0 for project_id in counted if project_id not in listed}


def _save_projects(source: Source, projects: list[Project], moved: dict[int, int]) -> int:
    """Save titles and addresses, and add to `moved` where the number of annotations is another than before."""
    counts = {each.id: each.total_annotations_number or 0 for each in projects}
    known = select(LinkedProject.id, LinkedProject.annotations_count).where(LinkedProject.id.in_(counts))
    before = {row.id: row.annotations_count for row in db.session.execute(known)}
    moved |= {project_id: count for project_id, count in counts.items() if before.get(project_id) != count}
    return _save([_project(source, each, before.get(each.id, 0)) for each in projects])


def _project(source: Source, project: Project, count: int) -> LinkedProject:
    title = "".join(letter for letter in project.title or "" if letter.isprintable())[:TITLE_LENGTH]
    url = f"{source.url}/projects/{project.id}"
    return LinkedProject(id=project.id, title=title or str(project.id), url=url, annotations_count=count)


def _known(members: list[Member], found: Found, on_unknown: Told) -> Iterator[tuple[int, Member]]:
    """Label Studio may have two accounts whose emails differ in case only; the one that is spelled as here counts."""
    keys = {member.user.id: email_key(member.user.email) for member in members}
    found_here = _USERS.where(User.email_key.in_([key for key in keys.values() if key]))
    users = {row.email_key: row for row in db.session.execute(found_here)}
    spelled = {row.email for row in users.values()}
    for member in sorted(members, key=lambda member: member.user.email not in spelled):
        row = users.get(keys[member.user.id])
        if row is not None and row.id not in found.seen:
            found.seen.add(row.id)
            found.people += 1
            yield row.id, member
        else:
            found.unknown += 1
            on_unknown(member.user.email)


_CONTRIBUTED_TO = select(LinkedRole.project_id).where(
    LinkedRole.user_id == bindparam("user_id"), LinkedRole.has_contributed
)
_USERS = select(User.email_key, User.email, User.id)


def _rows(source: Source, path: str, user_id: int, member: Member, moved: dict[int, int]) -> Iterator[Base]:
    created = {each.id for each in member.created_projects or ()}
    contributed = {each.id for each in member.contributed_to_projects or ()}
    before, last_at = db.session.get(LinkedMember, user_id), member.user.last_activity
    formerly = set(db.session.scalars(_CONTRIBUTED_TO, {"user_id": user_id}))
    has_news = before is None or before.last_at != last_at or moved.keys() & (contributed | formerly)
    db.session.rollback()  # no transaction waits for an answer
    if has_news:
        count = source.get(f"{path}/{member.user.id}/", Counted).annotations_count
        yield LinkedMember(user_id=user_id, annotations_count=count, last_at=last_at)
    # A project that was made meanwhile is read the next time.
    known = select(LinkedProject.id).where(LinkedProject.id.in_(created | contributed))
    for number in db.session.scalars(known):
        yield LinkedRole(
            user_id=user_id, project_id=number, has_created=number in created, has_contributed=number in contributed
        )


def _save(rows: Sequence[Base]) -> int:
    """Insert and update; returns how many were new or different."""
    with write() as session, session.no_autoflush:
        for row in rows:
            session.merge(row)
        return len(session.new) + sum(session.is_modified(row) for row in session.dirty)
