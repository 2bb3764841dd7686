"""`roster check`."""

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

import click
from flask import current_app
from sqlalchemy import select, text

from ls.cli.base import IS_VERBOSE, OTHER_KEY, RESTORE, CommandError, checking_command, is_new, loaded_app
from ls.config import env_file
from ls.config.warnings import warnings_for
from ls.db.extensions import db
from ls.db.sqlite import journal_problem
from ls.models import ApiToken
from ls.models.api_token import PURPOSE
from ls.queries.mail import count_mail
from ls.security.crypto import Undecipherable, keyring
from ls.security.data_folder import is_open_to_others
from ls.security.secret_key import FILE_NAME
from ls.web.proxy import is_in
from ls.web.unnamed_proxy import noted_proxy, warning_of


@click.command(short_help="Say what is wrong with settings, database and files.")
@checking_command
def check() -> None:
    """Say what is wrong with settings, database and file modes, and where settings come from if not only from
    the environment, or with --verbose.
    """
    _show_origins()
    for notice in _notices():
        click.echo(notice, err=True)
    problems = [*warnings_for(os.environ), *_file_problems()]
    if not is_new(loaded_app()):
        problems += [*_database_problems(), *journal_problems(), *key_problems()]
    if problems:
        raise CommandError("\n".join(problems))
    click.echo("OK")


def _notices() -> Iterator[str]:
    """What is worth knowing, but is no reason not to start."""
    proxy = noted_proxy(current_app.config["BASE_DATA_DIR"])
    if proxy and not is_in(proxy, current_app.config["TRUSTED_PROXIES"]):
        yield warning_of(proxy)
    if not is_new(loaded_app()) and (failed := count_mail()[1]):
        yield f"Messages that could not be sent: {failed}. See them with: roster mail queue"


def _show_origins() -> None:
    found = list(env_file.origins(os.environ))
    if click.get_current_context().meta.get(IS_VERBOSE) or {place for _, _, place in found} - env_file.PLAIN:
        for setting, value, place in found:
            click.echo(f"{setting.variable}={value} ({place})")


def _file_problems() -> Iterator[str]:
    folder = Path(current_app.config["BASE_DATA_DIR"])
    found = folder.stat()
    others = stat.S_IWOTH | (stat.S_IWGRP if found.st_gid else 0)  # root's group is how a container runs as any user
    if found.st_mode & others:  # who could put another secret key into it
        yield f"{folder} can be changed by others. Mend it with: chmod go-w {shlex.quote(str(folder))}"
    for path in (folder / FILE_NAME, *folder.glob("*.sqlite3*"), *folder.glob("backups/*")):
        if path.exists() and is_open_to_others(path):
            yield f"{path} can be read by others. Mend it with: chmod 600 {shlex.quote(str(path))}"
    file = env_file.path()
    if file is not None and file.stat().st_mode & stat.S_IRWXO:
        yield f"{file} can be read by others. Mend it with: chmod o= {shlex.quote(str(file))}"


def _database_problems() -> Iterator[str]:
    if db.engine.dialect.name == "sqlite":
        found = db.session.scalar(text("PRAGMA quick_check(1)"))
        if found != "ok":
            yield f"The database is damaged: {found}. {RESTORE}"


def journal_problems() -> Iterator[str]:
    """Whether SQLite can work as it should."""
    problem = journal_problem(db.session.connection())
    if problem:
        yield problem


def key_problems() -> Iterator[str]:
    """Whether the secret key is the one that the database was made with."""
    cipher = db.session.scalar(select(ApiToken.cipher).limit(1))
    try:
        if cipher is not None:
            keyring().decrypt(PURPOSE, cipher)
    except Undecipherable:
        yield OTHER_KEY
