"""`flask project`: import, list and recount."""

import json
import sys
from pathlib import Path

import click
from sqlalchemy import select

from ls.cli.base import command, find_user
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import iso
from ls.models import Project, User
from ls.names import isolated
from ls.projects import counters, import_tasks


@click.group(short_help="Import, list and recount projects.")
def project() -> None:
    """Import projects, list them, count their annotations again."""


@project.command("import", short_help="Make a project of a JSON file.")
@click.argument("title")
@click.argument("file")
@click.option("--username", required=True, metavar="EMAIL", help="The email of the project's creator.")
@command
def import_command(title: str, file: str, username: str) -> None:
    """Make a project called TITLE from FILE: a JSON list of tasks, as Label Studio exports them.

    FILE may be - for standard input. Annotations keep their author, found by email or id; those without one become
    the creator's. If anything is wrong, nothing is imported.
    """
    creator = find_user(username)
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    items = import_tasks.check_items(import_tasks.parse(content), creator)
    with write():
        made = Project.create(title, creator)
        with click.progressbar(length=len(items), label="Importing", file=sys.stderr) as bar:
            result = import_tasks.save_items(made, items, creator, bar.update)
        project_id = made.id
    click.echo(
        f"Imported {result.task_count} tasks and {result.annotation_count} annotations into project {project_id}"
    )


@project.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
@command
def list_command(as_json: bool) -> None:
    """List the projects, the oldest first."""
    columns = (Project.id, Project.title, Project.tasks_count, Project.annotations_count, Project.created_at)
    statement = select(*columns, User.email).outerjoin(User, User.id == Project.created_by_id).order_by(Project.id)
    names = ("id", "title", "tasks", "annotations", "created_at", "created_by")
    rows = [dict(zip(names, row, strict=True)) for row in db.session.execute(statement)]
    if as_json:
        click.echo(json.dumps(rows, default=iso))
        return
    for row in rows:
        row["title"] = isolated(row["title"])
        click.echo("{id}\t{title}\t{tasks} tasks\t{annotations} annotations".format(**row))


@project.command("recount", short_help="Count all annotations again.")
@command
def recount_command() -> None:
    """Count all annotations again, should a count ever be wrong."""
    ids = list(db.session.scalars(select(Project.id).order_by(Project.id)))
    recounted = 0
    with click.progressbar(ids, label="Counting", file=sys.stderr) as bar:
        for project_id in bar:  # a transaction each, so that others can write meanwhile
            with write():
                recounted += counters.rebuild(project_id)
    click.echo(f"Projects counted anew: {recounted}")
