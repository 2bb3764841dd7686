"""`roster project`: import, list, delete, restore and recount."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import select

from ls.cli.base import CommandError, command
from ls.cli.progress import bar
from ls.cli.project_import import import_command
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import iso
from ls.exceptions import NotFound
from ls.models import Project, User
from ls.models.project import KEPT, VISIBLE, restorable
from ls.names import isolated
from ls.projects import counters, deletion


@click.group(short_help="Import, list, delete and restore projects.")
def project() -> None:
    """Import projects, list them, delete and restore them, count their annotations again."""


project.add_command(import_command)


@project.command("list")
@click.option("--deleted", is_flag=True, help="Those that can be restored, and when they were deleted by whom.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
@command
def list_command(deleted: bool, as_json: bool) -> None:
    """List the projects, the oldest first."""
    at, by = ("deleted_at", "deleted_by") if deleted else ("created_at", "created_by")
    columns = (Project.id, Project.title, Project.tasks_count, Project.annotations_count, getattr(Project, at))
    statement = select(*columns, User.email).outerjoin(User, User.id == getattr(Project, f"{by}_id"))
    statement = statement.where(restorable() if deleted else VISIBLE).order_by(Project.id)
    names = ("id", "title", "tasks", "annotations", at, by)
    rows = [dict(zip(names, row, strict=True)) for row in db.session.execute(statement)]
    if as_json:
        click.echo(json.dumps(rows, default=iso))
        return
    for row in rows:
        row["title"] = isolated(row["title"])
        when = f"\tdeleted {iso(row['deleted_at'])} by {row['deleted_by'] or 'a command'}" if deleted else ""
        click.echo("{id}\t{title}\t{tasks} tasks\t{annotations} annotations".format(**row) + when)


@project.command("recount", short_help="Count all annotations again.")
@command
def recount_command() -> None:
    """Count all annotations again, should a count ever be wrong."""
    ids = list(db.session.scalars(select(Project.id).where(VISIBLE).order_by(Project.id)))
    recounted = 0
    with click.progressbar(ids, label="Counting", file=sys.stderr) as bar:
        for project_id in bar:  # a transaction each, so that others can write meanwhile
            with write():
                recounted += counters.rebuild(project_id)
    click.echo(f"Projects counted anew: {recounted}")


@project.command("delete", short_help="Delete a project; it can be restored for 30 days.")
@click.argument("id", type=int)
@command
def delete_command(id: int) -> None:  # noqa: A002  # as the usage names it
    """Hide the project of that ID, with its tasks and annotations. For 30 days it can be restored."""
    with _named(id), write():
        found = deletion.delete_project(id)
        gone = f"{found.title}: {found.tasks_count} tasks, {found.annotations_count} annotations"
    deletion.purge_some(deletion.AT_DELETION)
    click.echo(f"Deleted {gone}. For {KEPT.days} days it comes back with: roster project restore {id}")


@project.command("restore", short_help="Restore a deleted project.")
@click.argument("id", type=int)
@command
def restore_command(id: int) -> None:  # noqa: A002  # as above
    """Show the deleted project of that ID again, with everything in it."""
    with _named(id), write():
        title = deletion.restore_project(id).title
    click.echo(f"Restored {title}")


@project.command("purge", short_help="Delete for good what was deleted 30 days ago.")
@command
def purge_command() -> None:
    """Delete for good all projects that were deleted more than 30 days ago, as a start of the server begins to."""
    with bar(deletion.expired_rows(), "Deleting") as rows:
        gone = deletion.purge(progress=rows.update)
    click.echo(f"Projects deleted for good: {gone}")


@contextmanager
def _named(project_id: int) -> Iterator[None]:
    try:
        yield
    except NotFound:
        raise CommandError(f"Project {project_id} not found") from None
