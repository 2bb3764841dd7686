"""What commands share: errors in one line, the database brought up to date, finding an account."""

import io
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask
from flask.cli import ScriptInfo, with_appcontext
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from ls.backup.archive import BackupRefused
from ls.backup.copy import CopyRefused
from ls.backup.restore import prepare_database
from ls.cli.progress import stoppable
from ls.config.settings import ConfigError
from ls.config.warnings import warnings_for
from ls.db.migrate import SchemaTooNew, is_there
from ls.db.postgresql import reason
from ls.exceptions import DomainError
from ls.models import User
from ls.models.event import COMMAND_LINE, AuditContext, set_audit_context
from ls.names import isolated
from ls.security.crypto import Undecipherable
from ls.security.data_folder import check_data_folder

Command = TypeVar("Command", bound=Callable[..., Any])

IS_VERBOSE = "roster.is_verbose"  # in click's Context.meta
RESTORE = "Move its files out of the data folder, then restore a backup with: roster restore FILE"

OTHER_KEY = (
    "The secret key is not the one that this database was made with: tokens cannot be read. "
    "Put the file secret_key, or LABEL_STUDIO_SECRET_KEY, back as it was."
)


class CommandError(ConfigError):
    """A command cannot do its work: one line on standard error, exit status 1."""


def _say_where(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        context.meta[IS_VERBOSE] = True
        click.echo(where(loaded_app()), err=True)


VERBOSE = click.option(
    "--verbose", is_flag=True, expose_value=False, callback=_say_where, help="Say which data folder and database."
)


def command(function: Command) -> Command:
    """Warn of settings, bring the database up to date, run the command, and print errors in one line."""
    return _command(function, _prepare_existing)


def founding_command(function: Command) -> Command:
    """The same, for the few commands that make a database where there is none."""
    return _command(function, prepare_database)


def checking_command(function: Command) -> Command:
    """The same for `roster check`, which tells the warnings itself, and is content before the first start."""
    return _command(function, lambda app: None if is_new(app) else _prepare_existing(app), warn=False)


def _command(function: Command, prepare: Callable[[Flask], None], *, warn: bool = True) -> Command:
    @wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        set_audit_context(AuditContext(address="", agent=COMMAND_LINE))
        _escape_what_the_terminal_lacks()
        for line in warnings_for(os.environ) if warn else ():
            click.echo(line, err=True)
        with _errors_in_one_line():
            prepare(loaded_app())
            with stoppable():
                return function(*arguments, **options)

    return VERBOSE(with_appcontext(run))  # type: ignore[return-value]  # wraps keeps the signature that click reads


def _prepare_existing(app: Flask) -> None:
    """Raises CommandError where no database is, and then makes nothing."""
    folder = Path(app.config["BASE_DATA_DIR"])
    if folder.exists():
        check_data_folder(folder)
    if not is_there(app):
        raise CommandError(f"There is no database. {where(app)}. Is that the right place? roster start makes one.")
    if app.config["SECRET_KEY"] is None:
        raise CommandError(f"No secret key in {folder}. Set LABEL_STUDIO_BASE_DATA_DIR to the folder that has it.")
    prepare_database(app)


def is_new(app: Flask) -> bool:
    """Whether nothing was started yet: the data folder is there and empty, and so is the database."""
    folder = Path(app.config["BASE_DATA_DIR"])
    return folder.is_dir() and not any(folder.iterdir()) and not is_there(app)


def where(app: Flask) -> str:
    """The data folder, and the database without its password."""
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).set(query={})
    return f"Data folder: {app.config['BASE_DATA_DIR']}, database: {url.render_as_string()}"


@contextmanager
def _errors_in_one_line() -> Iterator[None]:
    try:
        yield
    except (DomainError, SchemaTooNew, BackupRefused, CopyRefused) as refused:
        raise CommandError(str(refused)) from None
    except Undecipherable:
        raise CommandError(OTHER_KEY) from None
    except OperationalError as error:
        raise CommandError(f"The database does not answer: {reason(error)}") from None
    except DatabaseError as error:
        if type(error) is not DatabaseError:  # a subclass is a defect of ours, and keeps its traceback
            raise
        raise CommandError(f"The database is damaged: {reason(error)}. {RESTORE}") from None
    except sqlite3.Error as error:
        raise CommandError(f"The database cannot be copied: {error}. Nothing was changed.") from None
    except BrokenPipeError:  # click ends quietly
        raise
    except OSError as error:
        raise CommandError(f"{error.filename2 or error.filename or 'Output'}: {error.strerror or error}") from None


def loaded_app() -> Flask:
    """The application that the current command belongs to."""
    return click.get_current_context().ensure_object(ScriptInfo).load_app()


def _escape_what_the_terminal_lacks() -> None:
    """Escape letters that the terminal's encoding lacks, as Python does in a string."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def find_user(email: str) -> User:
    """The account with this email. Raises CommandError."""
    user = User.by_email(email)
    if user is None:
        raise CommandError(f"User {isolated(email)} not found")
    return user
