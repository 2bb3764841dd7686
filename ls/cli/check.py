"""`flask check`."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
from flask import current_app
from sqlalchemy import select, text

from ls.cli.base import OTHER_KEY, RESTORE, Failure, plain
from ls.cli.user_info import token_of
from ls.config.settings import warnings_for
from ls.db.extensions import db
from ls.models import User
from ls.security.crypto import Undecipherable
from ls.security.secret_key import FILE_NAME, changeable_by_others, insecure_mode


@click.command()
@plain
def check() -> None:
    """Say what is wrong with settings, database and file modes."""
    problems = [*warnings_for(os.environ), *_files(), *_database(), *key_problems()]
    if problems:
        raise Failure("\n".join(problems))
    click.echo("OK")


def _files() -> Iterator[str]:
    folder = Path(current_app.config["BASE_DATA_DIR"])
    if changeable_by_others(folder):  # who can put another key in its place needs not read this one
        yield f"{folder} can be changed by others. Mend it with: chmod go-w {shlex.quote(str(folder))}"
    for path in (folder / FILE_NAME, *folder.glob("*.sqlite3*"), *folder.glob("backups/*")):
        if path.exists() and insecure_mode(path):
            yield f"{path} can be read by others. Mend it with: chmod 600 {shlex.quote(str(path))}"


def _database() -> Iterator[str]:
    if db.engine.dialect.name == "sqlite":
        found = db.session.scalar(text("PRAGMA quick_check(1)"))
        if found != "ok":
            yield f"The database is damaged: {found}. {RESTORE}"


def key_problems() -> Iterator[str]:
    """Is the secret key the one that the database was made with?"""
    somebody = db.session.scalar(select(User).limit(1))
    try:
        if somebody is not None:
            token_of(somebody)
    except Undecipherable:
        yield OTHER_KEY
