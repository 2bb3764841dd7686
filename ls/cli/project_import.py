"""`flask project import`: a project from a file of tasks."""

import sys
from pathlib import Path

import click

from ls.cli.base import command, find_user
from ls.db.transaction import write
from ls.models import Project, User
from ls.projects.import_authors import Authors, read_people
from ls.projects.import_tasks import checked, save


@click.command("import", short_help="Make a project of a JSON file.")
@click.argument("title")
@click.argument("file")
@click.option("--username", required=True, metavar="EMAIL", help="The email of the project's creator.")
@click.option("--people", metavar="FILE", help="Who authors given by number are: CSV with the columns id and email.")
@click.option("--author", metavar="EMAIL", help="The member who is credited with what authors given by number did.")
@command
def import_command(title: str, file: str, username: str, people: str | None, author: str | None) -> None:
    """Make a project called TITLE from FILE: a JSON list of tasks, or one task, as Label Studio exports them.

    FILE may be - for standard input. Annotations keep their author, found by email; those without one become the
    creator's. If anything is wrong, nothing is imported.
    """
    creator = find_user(username)
    authors = _authors(creator, people, author)
    with click.open_file(file, "rb") as stream, checked(stream, authors) as found, write():
        made = Project.create(title, creator)
        with click.progressbar(length=found.task_count, label="Importing", file=sys.stderr) as bar:
            result = save(made, found, creator, lambda ids: bar.update(len(ids)))
        project_id = made.id
    if found.left_out:
        listed = ", ".join(f"{name} ({count:,})" for name, count in sorted(found.left_out.items()))
        click.echo(f"Left out, as they have no place here: {listed}", err=True)
    click.echo(
        f"Imported {result.task_count} tasks and {result.annotation_count} annotations into project {project_id}"
    )


def _authors(creator: User, people: str | None, author: str | None) -> Authors:
    if people is None:
        return Authors(creator, author=author)
    with Path(people).open("rb") as file:
        return Authors(creator, read_people(file), author)
