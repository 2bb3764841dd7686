"""`flask project`: bring work in, see what is there, count it anew."""

import json
import sys
from pathlib import Path

import click
from sqlalchemy import select

from ls.cli.base import Failure, account, plain
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import iso
from ls.models import Contribution, Project, User


@click.group(short_help="Import, list and recount projects.")
def project() -> None:
    """Bring work in, list the projects, count their work anew."""


@project.command("import", short_help="Make a project of a JSON file.")
@click.argument("title")
@click.argument("file")
@click.option("--username", required=True, metavar="EMAIL", help="Whose project it becomes.")
@plain
def import_command(title: str, file: str, username: str) -> None:
    """Make a project called TITLE from FILE: a JSON list of tasks, as Label Studio exports them.

    FILE may be - for standard input. Annotations keep their author, found by e-mail or id; those without
    one become the work of the person of --username. If anything is wrong, nothing is imported.
    """
    from ls.projects import import_tasks as imports  # no other command needs it

    creator = account(username)
    items = imports.prepare(imports.read(_content(file)), creator)
    with write():
        made = Project.create(title, creator)
        with click.progressbar(length=len(items), label="Importing", file=sys.stderr) as bar:
            result = imports.keep(made, items, creator, bar.update)
        where = f"project {made.id}"
    click.echo(f"Imported {result.task_count} tasks and {result.annotation_count} annotations into {where}")


@project.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
@plain
def list_command(as_json: bool) -> None:
    """List the projects, the oldest first."""
    columns = (Project.id, Project.title, Project.tasks_count, Project.annotations_count, Project.created_at)
    found = select(*columns, User.email).outerjoin(User, User.id == Project.created_by_id).order_by(Project.id)
    names = ("id", "title", "tasks", "annotations", "created_at", "created_by")
    rows = [dict(zip(names, row, strict=True)) for row in db.session.execute(found)]
    if as_json:
        click.echo(json.dumps(rows, default=iso))
        return
    for row in rows:
        click.echo("{id}\t{title}\t{tasks} tasks\t{annotations} annotations".format(**row))


@project.command("recount", short_help="Count all work anew.")
@plain
def recount_command() -> None:
    """Count all work anew from the annotations, should a count ever be wrong."""
    ids = list(db.session.scalars(select(Project.id).order_by(Project.id)))
    recounted = 0
    with click.progressbar(ids, label="Counting", file=sys.stderr) as bar:
        for project_id in bar:  # a transaction each, so that people can go on working
            with write():
                recounted += Contribution.rebuild(project_id)
    click.echo(f"Projects counted anew: {recounted}")


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise Failure(f"Cannot read {file}: {getattr(error, 'strerror', None) or error}") from None
