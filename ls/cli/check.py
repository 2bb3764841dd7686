"""`flask check`."""

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

import click
from flask import current_app
from sqlalchemy import select, text

from ls.cli.base import OTHER_KEY, RESTORE, CommandError, command
from ls.config.settings import warnings_for
from ls.db.extensions import db
from ls.models import ApiToken
from ls.models.api_token import PURPOSE
from ls.security.crypto import Undecipherable, keyring
from ls.security.data_folder import is_open_to_others
from ls.security.secret_key import FILE_NAME
from ls.web.proxy import is_in
from ls.web.unnamed_proxy import noted_proxy, warning_of


@click.command()
@command
def check() -> None:
    """Say what is wrong with settings, database and file modes."""
    for notice in _notices():
        click.echo(notice, err=True)
    problems = [*warnings_for(os.environ), *_file_problems(), *_database_problems(), *key_problems()]
    if problems:
        raise CommandError("\n".join(problems))
    click.echo("OK")


def _notices() -> Iterator[str]:
    """What is worth knowing, but is no reason not to start."""
    proxy = noted_proxy(current_app.config["BASE_DATA_DIR"])
    if proxy and not is_in(proxy, current_app.config["TRUSTED_PROXIES"]):
        yield warning_of(proxy)


def _file_problems() -> Iterator[str]:
    folder = Path(current_app.config["BASE_DATA_DIR"])
    if folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):  # others could put another secret key into it
        yield f"{folder} can be changed by others. Mend it with: chmod go-w {shlex.quote(str(folder))}"
    for path in (folder / FILE_NAME, *folder.glob("*.sqlite3*"), *folder.glob("backups/*")):
        if path.exists() and is_open_to_others(path):
            yield f"{path} can be read by others. Mend it with: chmod 600 {shlex.quote(str(path))}"


def _database_problems() -> Iterator[str]:
    if db.engine.dialect.name == "sqlite":
        found = db.session.scalar(text("PRAGMA quick_check(1)"))
        if found != "ok":
            yield f"The database is damaged: {found}. {RESTORE}"


def key_problems() -> Iterator[str]:
    """Whether the secret key is the one that the database was made with."""
    cipher = db.session.scalar(select(ApiToken.cipher).limit(1))
    try:
        if cipher is not None:
            keyring().decrypt(PURPOSE, cipher)
    except Undecipherable:
        yield OTHER_KEY
