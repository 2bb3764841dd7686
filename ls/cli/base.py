"""What commands share: plain failures, the database brought up to date, finding an account."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DatabaseError, OperationalError

from ls import origin
from ls.backup import BackupRefused
from ls.config_kinds import ConfigError
from ls.crypto import Undecipherable
from ls.database import SchemaTooNew, ensure_current
from ls.db_copy import CopyRefused
from ls.emails import comparison_key
from ls.exceptions import DomainError
from ls.models import User
from ls.start import check_folder

Command = TypeVar("Command", bound=Callable[..., Any])


RESTORE = "Move its files out of the data folder, then restore a backup with: flask restore FILE"

OTHER_KEY = (
    "The secret key is not the one that this database was made with: tokens cannot be read. "
    "Put the file secret_key, or LABEL_STUDIO_SECRET_KEY, back as it was."
)


class Failure(ConfigError):
    """A command said no: one plain line on standard error, exit 1."""


class Asked(click.Option):
    """An option that is asked for when it is missing. Answers may also come through a pipe, a line each."""

    def prompt_for_value(self, ctx: click.Context) -> Any:
        """Ask at the terminal as click does; without one say nothing on standard output, nor warn of echo."""
        if sys.stdin is not None and sys.stdin.isatty():
            return super().prompt_for_value(ctx)
        value = _line(self.prompt or "")
        if self.confirmation_prompt and _line("Repeat for confirmation") != value:
            raise Failure("The two entered values do not match")
        return value


def _line(prompt: str) -> str:
    click.echo(f"{prompt}:", err=True)
    answer = sys.stdin.readline() if sys.stdin is not None else ""
    if not answer:
        raise Failure(f"{prompt} is missing")
    return answer.rstrip("\r\n")


def plain(command: Command) -> Command:
    """Bring the database up to date, run the command, and turn what goes wrong into one line."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        origin.become(origin.Origin(address="", agent="command line"))
        try:
            check_folder(current_app.config)
            ensure_current(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001  # the proxy's own
            return command(*arguments, **options)
        except (DomainError, SchemaTooNew, BackupRefused, CopyRefused) as refused:
            raise Failure(str(refused)) from None
        except Undecipherable:
            raise Failure(OTHER_KEY) from None
        except OperationalError as error:
            raise Failure(f"The database does not answer: {_first_line(error)}") from None
        except DatabaseError as error:
            if type(error) is not DatabaseError:  # a broken rule is a mistake of ours, and keeps its trace
                raise
            raise Failure(f"The database is damaged: {_first_line(error)}. {RESTORE}") from None

    return with_appcontext(run)  # type: ignore[return-value]  # wraps keeps the signature that click reads


def _first_line(error: DatabaseError) -> str:
    return str(error.orig).partition("\n")[0]


def account(email: str) -> User:
    """The account of that e-mail. Raises Failure."""
    found = User.by_email(comparison_key(email))
    if found is None:
        raise Failure(f"User {email} not found")
    return found
