"""`flask project`: import, list and recount."""

import json
import sys

import click
from sqlalchemy import select

from ls.cli.base import command
from ls.cli.project_import import import_command
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import iso
from ls.models import Project, User
from ls.projects import counters


@click.group(short_help="Import, list and recount projects.")
def project() -> None:
    """Import projects, list them, count their annotations again."""


project.add_command(import_command)


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
