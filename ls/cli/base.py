"""What commands share: plain failures, the database brought up to date, finding an account."""

import io
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DatabaseError, OperationalError

from ls.accounts.emails import comparison_key
from ls.accounts.first_account import check_folder
from ls.backup.archive import BackupRefused
from ls.backup.copy import CopyRefused
from ls.config.parsers import ConfigError
from ls.db.migrate import SchemaTooNew, ensure_current
from ls.exceptions import DomainError
from ls.models import User
from ls.models.event import AuditContext, set_audit_context
from ls.security.crypto import Undecipherable

Command = TypeVar("Command", bound=Callable[..., Any])


RESTORE = "Move its files out of the data folder, then restore a backup with: flask restore FILE"

OTHER_KEY = (
    "The secret key is not the one that this database was made with: tokens cannot be read. "
    "Put the file secret_key, or LABEL_STUDIO_SECRET_KEY, back as it was."
)


class Failure(ConfigError):
    """A command said no: one plain line on standard error, exit 1."""


def plain(command: Command) -> Command:
    """Bring the database up to date, run the command, and turn what goes wrong into one line."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        set_audit_context(AuditContext(address="", agent="command line"))
        _print_anything()
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
        except BrokenPipeError:  # whoever reads had enough; click ends quietly
            raise
        except OSError as error:
            raise Failure(f"{error.filename or 'Output'}: {error.strerror or error}") from None

    return with_appcontext(run)  # type: ignore[return-value]  # wraps keeps the signature that click reads


def _print_anything() -> None:
    """Names need not fit the terminal's encoding: what it lacks is escaped, as Python writes it in a string."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _first_line(error: DatabaseError) -> str:
    return str(error.orig).partition("\n")[0]


def account(email: str) -> User:
    """The account of that e-mail. Raises Failure."""
    found = User.by_email(comparison_key(email))
    if found is None:
        raise Failure(f"User {email} not found")
    return found
