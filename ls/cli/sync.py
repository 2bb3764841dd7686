"""`roster sync-label-studio`."""

import re
import time

import click

from ls.cli.base import CommandError, command
from ls.cli.progress import bar
from ls.config.parsers import base_url
from ls.linked.source import Source, SourceFailed
from ls.linked.sync import keep_only, sync
from ls.names import isolated

SECONDS = {"s": 1, "m": 60, "h": 3600}


@click.command("sync-label-studio", short_help="Read who did what in a Label Studio.")
@click.argument("url")
@click.option(
    "--token",
    required=True,
    envvar="ROSTER_SYNC_TOKEN",
    show_envvar=True,
    help="An API token of Label Studio, or of a Roster that guards it.",
)
@click.option("--every", help="Go on, and read again after this time: 30s, 10m, 2h.")
@click.option("--replace", is_flag=True, help="Forget another Label Studio that was read before.")
@command
def sync_label_studio(url: str, token: str, every: str | None, *, replace: bool) -> None:
    """Read members, projects and counts of the Label Studio at URL, and show them on People beside Roster's own.

    Nothing is written there, nobody is made here, and nothing is deleted here because it is missing there: emails
    without an account are listed. Reading again asks only for what has changed.
    """
    address, pause = _address(url), _seconds(every)
    while True:
        try:
            _read(Source(address, token), replace=replace)
        except SourceFailed as failed:
            if not pause:
                raise
            click.echo(failed, err=True)  # the next time may find it there
        if not pause:
            return
        time.sleep(pause)


def _read(source: Source, *, replace: bool) -> None:
    members = source.members_count()
    keep_only(source, replace=replace)
    with bar(members, "Reading") as people:
        found = sync(source, people.update, lambda email: click.echo(f"unknown\t{isolated(email)}", err=True))
    click.echo(
        f"People: {found.people}, unknown: {found.unknown}, projects: {found.projects}, changes: {found.changes}"
    )


def _address(url: str) -> str:
    try:
        return base_url(url)
    except ValueError as error:
        raise CommandError(f"{url}: {error}") from None


def _seconds(every: str | None) -> int:
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smh])", every or "0")
    if every and not found:
        raise CommandError(f"--every {every}: write a time like 30s, 10m or 2h")
    return int(found[1]) * SECONDS[found[2]] if found else 0
