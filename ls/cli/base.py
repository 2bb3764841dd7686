"""What commands share: errors in one line, the database brought up to date, finding an account."""

import io
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

import click
from flask import Flask
from flask.cli import ScriptInfo, with_appcontext
from sqlalchemy.exc import DatabaseError, OperationalError

from ls.backup.archive import BackupRefused
from ls.backup.copy import CopyRefused
from ls.backup.restore import prepare_database
from ls.config.settings import ConfigError
from ls.db.migrate import SchemaTooNew
from ls.exceptions import DomainError
from ls.models import User
from ls.models.event import AuditContext, set_audit_context
from ls.names import isolated
from ls.security.crypto import Undecipherable

Command = TypeVar("Command", bound=Callable[..., Any])

RESTORE = "Move its files out of the data folder, then restore a backup with: flask restore FILE"

OTHER_KEY = (
    "The secret key is not the one that this database was made with: tokens cannot be read. "
    "Put the file secret_key, or LABEL_STUDIO_SECRET_KEY, back as it was."
)


class CommandError(ConfigError):
    """A command cannot do its work: one line on standard error, exit status 1."""


def command(function: Command) -> Command:
    """Bring the database up to date, run the command, and print errors in one line."""

    @wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        set_audit_context(AuditContext(address="", agent="command line"))
        _escape_what_the_terminal_lacks()
        with _errors_in_one_line():
            prepare_database(loaded_app())
            return function(*arguments, **options)

    return with_appcontext(run)  # type: ignore[return-value]  # wraps keeps the signature that click reads


@contextmanager
def _errors_in_one_line() -> Iterator[None]:
    try:
        yield
    except (DomainError, SchemaTooNew, BackupRefused, CopyRefused) as refused:
        raise CommandError(str(refused)) from None
    except Undecipherable:
        raise CommandError(OTHER_KEY) from None
    except OperationalError as error:
        raise CommandError(f"The database does not answer: {_first_line(error)}") from None
    except DatabaseError as error:
        if type(error) is not DatabaseError:  # a subclass is a defect of ours, and keeps its traceback
            raise
        raise CommandError(f"The database is damaged: {_first_line(error)}. {RESTORE}") from None
    except sqlite3.Error as error:
        raise CommandError(f"The database cannot be copied: {error}. Nothing was changed.") from None
    except BrokenPipeError:  # click ends quietly
        raise
    except OSError as error:
        raise CommandError(f"{error.filename or 'Output'}: {error.strerror or error}") from None


def loaded_app() -> Flask:
    """The application that the current command belongs to."""
    return click.get_current_context().ensure_object(ScriptInfo).load_app()


def _escape_what_the_terminal_lacks() -> None:
    """Escape letters that the terminal's encoding lacks, as Python does in a string."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _first_line(error: DatabaseError) -> str:
    return str(error.orig).partition("\n")[0]


def find_user(email: str) -> User:
    """The account with this email. Raises CommandError."""
    user = User.by_email(email)
    if user is None:
        raise CommandError(f"User {isolated(email)} not found")
    return user
