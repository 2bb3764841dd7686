"""`roster start`."""

import errno
import os
import sys
from shutil import rmtree
from typing import Any

import click
from flask import current_app

from ls.accounts.first_account import ensure_account
from ls.cli.address import setup_url
from ls.cli.base import CommandError, founding_command, loaded_app
from ls.cli.check import journal_problems, key_problems
from ls.config.address import note_address
from ls.config.environment import counts_folder
from ls.config.parsers import shown
from ls.db.extensions import db
from ls.projects import deletion
from ls.web.unnamed_proxy import forget_unnamed_proxy

PORT_REFUSED = {errno.EADDRINUSE, errno.EACCES}


def default_workers() -> int:
    """One per core, at most four: SQLite has one writer, so more workers only cost memory."""
    return min(4, len(os.sched_getaffinity(0)))


@click.command(short_help="Start the server.")
@click.option("--host", help="Address to listen on; LABEL_STUDIO_LISTEN if not given.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; LABEL_STUDIO_PORT if not given.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=default_workers,
    help="Processes; one per core, at most 4, if not given.",
)
@click.option("--username", metavar="EMAIL", help="Make this account if it does not exist.")
@click.option("--password", help="Its password.")
@click.option("--user-token", metavar="TOKEN", help="Its API token, at least 5 characters.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@founding_command
def start(host: str | None, port: int | None, workers: int, no_browser: bool, **account: str | None) -> None:
    """Bring the database up to date, make the account if asked, and serve."""
    for warning in (*journal_problems(), *key_problems()):
        click.echo(warning, err=True)
    _make_account(account)
    deletion.purge_some(deletion.AT_START)
    host = current_app.config["LISTEN"] if host is None else host
    port = current_app.config["PORT"] if port is None else port
    listener = _listen(host, port)
    current_app.config["LISTENING_ON"], port = listener.getsockname()[:2]
    note_address(host, port)
    rmtree(counts_folder(current_app.config["BASE_DATA_DIR"]), ignore_errors=True)  # the former run's counts
    if link := setup_url():
        click.echo(f"Set up this server: {link}")
    forget_unnamed_proxy(current_app.config["BASE_DATA_DIR"])
    place = f"[{host}]" if ":" in host else host
    _serve(listener, workers, f"http://{place}:{port}", open_browser=not no_browser)


def _make_account(account: dict[str, str | None]) -> None:
    config = current_app.config
    names = ("username", "password", "user_token")
    given = [config[name.upper()] if account[name] is None else account[name] for name in names]
    message = ensure_account(given[0], given[1], given[2])
    if message:
        click.echo(message)


def _listen(host: str, port: int) -> Any:
    from ls.server import listen  # noqa: PLC0415  # gunicorn and waitress, which no other command needs

    try:
        return listen(host, port)
    except UnicodeError:
        raise CommandError(f"Cannot listen on {shown(host)}: that is no address.") from None
    except OSError as error:
        hint = " Choose another port with --port." if error.errno in PORT_REFUSED else ""
        raise CommandError(f"Cannot listen on {shown(host)}:{port}: {error.strerror}.{hint}") from None


def _serve(listener: Any, workers: int, url: str, *, open_browser: bool) -> None:
    from ls.server import serve  # noqa: PLC0415  # as above

    app = loaded_app()
    db.session.remove()
    db.engine.dispose()  # a connection must not be shared with the workers about to be forked

    public = current_app.config["HOST"]

    def ready() -> None:
        click.echo(f"Serving on {url}" + (f" as {public}" if public else ""))
        sys.stdout.flush()
        if open_browser and sys.stdout.isatty() and os.environ.get("DISPLAY"):
            click.launch(public or url)

    serve(app, listener, workers=workers, ready=ready)
