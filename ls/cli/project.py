"""`flask project`: bring work in, see what is there, count it anew."""

import json
import sys
from pathlib import Path
from typing import NoReturn

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from ls.database import ensure_current
from ls.exceptions import DomainError
from ls.extensions import db
from ls.formats import iso
from ls.models import Contribution, Project, User
from ls.transaction import write

project = AppGroup("project", help="Bring work in, list the projects, count their work anew.")


@project.command("import")
@click.argument("title")
@click.argument("file")
@click.option("--username", required=True, help="E-mail of the person whose project it becomes.")
def import_command(title: str, file: str, username: str) -> None:
    """Make a project called TITLE from FILE: a JSON list of tasks, as Label Studio exports them.

    FILE may be - for standard input. Annotations keep their author, found by e-mail or id; those without
    one become the person's of --username. If anything is wrong, nothing is imported.
    """
    _bring_up_to_date()
    creator = _person(username)
    try:
        _import(title, _content(file), creator)
    except DomainError as refused:
        _fail(str(refused))


def _import(title: str, content: bytes, creator: User) -> None:
    from ls import imports  # a large room that no other command enters

    items = imports.prepare(imports.read(content), creator)
    with write():
        made = Project.create(title, creator)
        with click.progressbar(length=len(items), label="Importing", file=sys.stderr) as bar:
            result = imports.keep(made, items, creator, bar.update)
        project_id = made.id
    click.echo(
        f"Imported {result.task_count} tasks and {result.annotation_count} annotations into project {project_id}"
    )


@project.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List the projects, the oldest first."""
    _bring_up_to_date()
    columns = (Project.id, Project.title, Project.tasks_count, Project.annotations_count, Project.created_at)
    found = select(*columns, User.email).outerjoin(User, User.id == Project.created_by_id).order_by(Project.id)
    names = ("id", "title", "tasks", "annotations", "created_at", "created_by")
    rows = [dict(zip(names, row, strict=True)) for row in db.session.execute(found)]
    if as_json:
        click.echo(json.dumps(rows, default=iso, indent=2))
        return
    for row in rows:
        click.echo("{id}\t{title}\t{tasks} tasks\t{annotations} annotations".format(**row))


@project.command("recount")
def recount_command() -> None:
    """Count all work anew from the annotations, should a count ever be wrong."""
    _bring_up_to_date()
    ids = list(db.session.scalars(select(Project.id).order_by(Project.id)))
    recounted = 0
    with click.progressbar(ids, label="Counting", file=sys.stderr) as bar:
        for project_id in bar:  # a transaction each, so that people can go on working
            with write():
                recounted += Contribution.rebuild(project_id)
    click.echo(f"Counted {recounted} projects anew")


def _bring_up_to_date() -> None:
    ensure_current(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001  # the proxy's documented way to its object


def _person(username: str) -> User:
    from ls.emails import comparison_key  # slow to import, and `list` does without

    user = User.by_email(comparison_key(username))
    return user if user is not None else _fail(f"User {username} not found")


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except (OSError, ValueError) as error:
        _fail(f"Cannot read {file}: {getattr(error, 'strerror', None) or error}")


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(1)
