"""`roster import-label-studio` and `roster export-label-studio`: a team moves in from Label Studio, or back."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app

from ls.backup.restore import restore_lock
from ls.cli.base import CommandError, command, founding_command
from ls.cli.progress import bar
from ls.db.transaction import write
from ls.label_studio.export import export, task_count
from ls.label_studio.move_in import Move, Wishes, check, check_is_empty, write_all
from ls.label_studio.secret_key import ENV_FILE
from ls.label_studio.source import database_file, errors_of, opened
from ls.models import Event

SCRATCH = ".label-studio-"


@click.command("import-label-studio", short_help="Move a team in from Label Studio.")
@click.argument("source")
@click.option("--media", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of the pictures.")
@click.option(
    "--secret-key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Label Studio's .env, or a file with its SECRET_KEY alone: personal tokens need it.",
)
@click.option("--email", "emails", multiple=True, metavar="ID=NEW", help="Another email for an account; repeatable.")
@click.option("--organization", type=int, metavar="N", help="Which organization, if there are several.")
@click.option("--dry-run", is_flag=True, help="Do all of it, tell what would come, and keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@founding_command
def import_label_studio(
    source: str,
    media: Path | None,
    secret_key_file: Path | None,
    emails: Sequence[str],
    organization: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Move a team in from SOURCE, all or nothing, into an installation without accounts.

    SOURCE is Label Studio's data folder, its SQLite file, or the URL of its PostgreSQL database. It is only read, and
    Label Studio may run meanwhile. People keep ids, passwords, tokens and pictures, and their work.
    """
    check_is_empty()
    wishes = Wishes(media, secret_key_file, organization, dict(map(_email, emails)))
    with _scratch() as scratch, opened(source, scratch) as found:
        with errors_of(found.name):
            move = check(found, wishes if "://" in source else _beside(Path(source), wishes), scratch)
        _move(move, is_dry_run=dry_run)
    lines = [json.dumps(move.report.as_json(), indent=2, ensure_ascii=False)] if as_json else move.report.lines()
    for line in lines:
        click.echo(line)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder of this import's own in the data folder, without what one that was killed has left there."""
    folder = Path(current_app.config["BASE_DATA_DIR"])
    with restore_lock(folder):
        for left in folder.glob(f"{SCRATCH}*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch:
            yield Path(scratch)


def _email(given: str) -> tuple[int, str]:
    number, sign, email = given.partition("=")
    if not (sign and number.isdecimal() and len(number) < 10):
        raise CommandError(f"--email {given}: give the id of an account and its new email, like 17=anna@example.org")
    return int(number), email


def _beside(source: Path, wishes: Wishes) -> Wishes:
    """With the pictures and the secret key that lie beside the SQLite file, unless others were named."""
    folder = database_file(source).parent
    env = folder / ENV_FILE
    key = wishes.secret_key_file or (env if env.is_file() else None)
    return Wishes(wishes.media or folder / "media", key, wishes.organization, wishes.emails)


def _move(move: Move, *, is_dry_run: bool) -> None:
    move.report.is_dry_run = is_dry_run
    with bar(sum(move.counts.values()), "Moving in") as steps, write() as session:
        write_all(move, steps.update)
        if is_dry_run:
            session.rollback()


@click.command("export-label-studio", short_help="Write everything in the form that Label Studio takes.")
@click.argument("folder", type=click.Path(path_type=Path))
@command
def export_label_studio(folder: Path) -> None:
    """Write everybody (people.csv), the projects (projects.json) and the tasks of each into the new FOLDER.

    Annotations name their authors by email, as Label Studio 1.23 takes them in: make the accounts there first.
    """
    with write():
        Event.record("exported_for_label_studio")
    with bar(task_count(), "Exporting") as steps:
        exported = export(folder, steps)
    click.echo(f"Projects: {exported.projects}, tasks: {exported.tasks}, annotations: {exported.annotations}")
    if exported.without_author:
        click.echo(f"Annotations without an author, as theirs is deleted: {exported.without_author}")
