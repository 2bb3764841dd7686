"""`roster people`: export and import as CSV."""

import click

from ls.accounts.import_people import WRONG, Line, import_people, read_people
from ls.accounts.password_links import path_of
from ls.cli.base import CommandError, command
from ls.config.address import link_to
from ls.db.transaction import write
from ls.models import Event
from ls.names import isolated
from ls.queries.people import PeopleFilter
from ls.queries.people_table import people_csv
from ls.spreadsheet import csv_lines


@click.group()
def people() -> None:
    """Write all people as CSV, or make accounts from CSV."""


@people.command(short_help="Write all people as CSV.")
@click.argument("file", default="-")
@command
def export(file: str) -> None:
    """Write all people, active and deactivated, into FILE as CSV; without FILE, on standard output."""
    with click.open_file(file, "w", encoding="utf-8", atomic=file != "-") as stream:
        with write():
            Event.record("people_exported")
        for lines in people_csv(PeopleFilter(status="all")):
            stream.write(lines)


@people.command("import", short_help="Make accounts from CSV.")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Only say what each line is.")
@command
def import_command(file: str, dry_run: bool) -> None:
    """Make an account for each new person in FILE: CSV with the columns email, first_name, last_name.

    FILE may be - for standard input. What each line is (new, exists, wrong) is told on standard error; the links with
    which the new people set their passwords, valid for 72 hours, go to standard output as CSV. If a line is wrong,
    nobody is imported.
    """
    with click.open_file(file, "rb") as stream:
        lines = read_people(stream.read())
    for line in lines:
        click.echo(_told(line), err=not dry_run)
    if any(line.status == WRONG for line in lines):
        raise CommandError("Some lines are wrong, so nobody is imported.")
    if not dry_run:
        with write():
            made = import_people(lines)
        links = ((email, link_to(path_of(code))) for email, code in made)
        for table in csv_lines(("email", "link"), links):
            click.echo(table, nl=False)


def _told(line: Line) -> str:
    return "\t".join(filter(None, (line.status, isolated(line.email), line.why)))
