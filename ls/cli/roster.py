"""`roster`: the same commands as `flask`, in sections, without those that only developers need."""

from collections.abc import Callable

import click
from flask import Flask
from flask.cli import ScriptInfo, load_dotenv
from flask.helpers import get_load_dotenv

from ls.config.env_file import NAME
from ls.version import VERSION


class Sections(click.Group):
    """A group that lists its commands by section, in their order."""

    def __init__(self, *arguments: object, sections: dict[str, tuple[click.Command, ...]], **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # passed on as they came
        self._sections = sections

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        """Write what `--help` says of the commands."""
        for title, commands in self._sections.items():
            with formatter.section(title):
                formatter.write_dl([(each.name or "", each.get_short_help_str(limit=80)) for each in commands])


def make(create_app: Callable[[], Flask], sections: dict[str, tuple[click.Command, ...]]) -> click.Group:
    """The command `roster`; whoever calls it adds the commands."""

    @click.group(cls=Sections, sections=sections)
    @click.option(
        "-e",
        "--env-file",
        type=click.Path(exists=True, dir_okay=False),
        envvar=NAME,
        is_eager=True,
        expose_value=False,
        callback=lambda _context, _option, file: load_dotenv(file, load_defaults=get_load_dotenv()),  # as `flask` does
        help="File of settings to read, instead of roster.env or /etc/roster.env.",
    )
    @click.version_option(VERSION, prog_name="Roster", message="%(prog)s %(version)s")
    @click.pass_context
    def roster(context: click.Context) -> None:
        """Run and manage Roster, the people of a labelling server.

        All commands use the same settings and the same database, also while the server runs. COMMAND --help explains
        each of them.
        """
        context.obj = ScriptInfo(create_app=create_app)

    return roster
