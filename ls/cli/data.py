"""`flask backup`, `flask restore`, `flask db-copy`."""

import sqlite3
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from sqlalchemy.exc import ArgumentError

from ls.backup import archive
from ls.backup import copy as copying
from ls.backup import restore as restoring
from ls.cli.base import Failure, plain
from ls.config.parsers import PARSERS, database_uri
from ls.db.extensions import db


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined, no-any-return]  # noqa: SLF001  # the proxy's own


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@plain
def backup(file: Path) -> None:
    """Write everything into FILE, while the server serves."""
    if file.exists() and not file.is_file():
        raise Failure(f"{file} is no ordinary file: a backup would take its place.")
    try:
        archive.backup(_app(), file.absolute())
    except (OSError, sqlite3.Error) as error:
        raise Failure(f"{file} cannot be written: {getattr(error, 'strerror', None) or error}") from None
    click.echo(f"Backup written to {file}")


@click.command(short_help="Put a backup in place of the present data.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@plain
def restore(file: Path) -> None:
    """Put FILE's data in place of the present data, which is kept beside it. Restart the server afterwards."""
    try:
        way_back = restoring.restore(_app(), file)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise Failure(f"{file} cannot be restored: {reason}. Nothing was changed.") from None
    click.echo(f"What was there before is kept in {way_back}")
    click.echo(f"Restored {file}. Restart the server.")


@click.command("db-copy", short_help="Copy everything into another database.")
@click.option("--to", "url", required=True, metavar="URL", help="The empty database to copy into.")
@plain
def db_copy(url: str) -> None:
    """Copy all rows into another database, all or nothing, checked by counts and hashes."""
    try:
        checked = PARSERS["database"](url, 0, 0)
        target = copying.engine_of(database_uri(checked, current_app.config["BASE_DATA_DIR"]))
    except (ArgumentError, ValueError) as error:
        raise Failure(f"--to: {error}") from None
    rows = copying.row_count(db.engine)
    with click.progressbar(length=rows, label="Copying", file=sys.stderr) as bar:
        sums = copying.copy(db.engine, target, bar.update)
    target.dispose()
    for name, found in sums.items():
        click.echo(f"{name}\t{found.rows}\t{found.digest[:16]}")
    click.echo("Copied. Set LABEL_STUDIO_DATABASE_URL to the new database, and keep the secret key.")
