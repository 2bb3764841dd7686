"""`roster backup`, `roster restore`, `roster db-copy`, `roster db-downgrade`."""

from pathlib import Path

import click
from flask import current_app
from sqlalchemy import create_engine

from ls.backup import archive
from ls.backup import copy as database_copy
from ls.backup import restore as restoring
from ls.backup.progress import uninterrupted
from ls.cli.base import CommandError, command, founding_command, loaded_app
from ls.cli.progress import bar
from ls.config.parsers import database_uri, database_url, engine_options
from ls.db.extensions import db
from ls.db.migrate import REVISIONS, change_schema
from ls.db.transaction import write
from ls.models import Event


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@command
def backup(file: Path) -> None:
    """Write everything into FILE, while the server serves."""
    if file.exists() and not file.is_file():
        raise CommandError(f"{file} is no ordinary file: a backup would take its place.")
    archive.backup(loaded_app(), file.absolute(), bar)
    with uninterrupted(), write():
        Event.record("backup_written")
    click.echo(f"Backup written to {file}")


@click.command(short_help="Put a backup in place of the present data.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@founding_command  # on another machine there is none yet
def restore(file: Path) -> None:
    """Put FILE's data in place of the present data, which is kept beside it. Restart the server afterwards."""
    former = restoring.restore(loaded_app(), file, bar)
    click.echo(f"What was there before is kept in {former}")
    click.echo(f"Restored {file}. Restart the server.")


@click.command("db-copy", short_help="Copy everything into another database.")
@click.option("--to", "url", required=True, metavar="URL", help="The empty database to copy into.")
@command
def db_copy(url: str) -> None:
    """Copy all rows into another database, all or nothing, checked by counts and hashes."""
    try:
        uri = database_uri(database_url(url), current_app.config["BASE_DATA_DIR"])
    except ValueError as error:
        raise CommandError(f"--to: {error}") from None
    target = create_engine(uri, **engine_options(uri))
    rows = database_copy.row_count(db.engine)
    with bar(rows, "Copying") as copied:
        sums = database_copy.copy(db.engine, target, copied.update)
    target.dispose()
    with write():
        Event.record("database_copied")
    for name, found in sums.items():
        click.echo(f"{name}\t{found.rows}\t{found.digest[:16]}")
    click.echo("Copied. Set LABEL_STUDIO_DATABASE_URL to the new database, and keep the secret key.")


@click.command("db-downgrade", short_help="Run the migrations backwards.")
@click.argument("revision", type=click.Choice(REVISIONS))
@command
def db_downgrade(revision: str) -> None:
    """Run the migrations backwards to REVISION, for an older version of the program. Stop the server first."""
    change_schema(loaded_app(), revision)
    click.echo(f"The database has revision {revision} now. Start the older version; this one would update it again.")
