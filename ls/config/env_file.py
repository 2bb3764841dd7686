"""The one file of settings: `--env-file F`, else `roster.env` in the project folder, else `/etc/roster.env`.

Its lines become environment variables, as `flask --env-file` does; what the environment has already wins.
FLASK_SKIP_DOTENV=1, Flask's own switch, leaves the last two unread.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from dotenv import dotenv_values
from flask.helpers import get_load_dotenv

from ls.config.parsers import shown
from ls.config.settings import SETTINGS, ConfigError, Setting, source

NAME = "FLASK_ENV_FILE"  # what Flask itself takes instead of --env-file; other servers have only this
PLAIN = {"default", "environment"}
PLACES = (Path(__file__).resolve().parents[2] / "roster.env", Path("/etc/roster.env"))


def load() -> None:
    """Put the file's values into the environment. Raises ConfigError."""
    for name, value in values().items():
        if not os.environ.get(name, "").strip():  # empty is unset
            os.environ[name] = value


def path() -> Path | None:
    """The file that is read, if any."""
    named = _named()
    if named:
        return Path(named)
    return next((place for place in PLACES if get_load_dotenv() and os.access(place, os.F_OK)), None)


def _named() -> str | None:
    """What `--env-file` names. Flask has read that file, and keeps its name to itself."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-e", "--env-file", default=os.environ.get(NAME))
    context = click.get_current_context(silent=True)
    is_given = (
        context and context.find_root().get_parameter_source("env_file") is click.core.ParameterSource.COMMANDLINE
    )
    named: str | None = parser.parse_known_args(sys.argv[1:] if is_given else [])[0].env_file
    return named


def values() -> dict[str, str]:
    """The file's values by name; none without a file. Raises ConfigError if it cannot be read."""
    file = path()
    if file is None:
        return {}
    try:
        with file.open(encoding="utf-8-sig") as lines:
            found = dotenv_values(stream=lines)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"The settings in {file} cannot be read: {reason}") from None
    return {name: value for name, value in found.items() if value is not None}


def origins(environ: Mapping[str, str]) -> Iterator[tuple[Setting, str, str]]:
    """Each setting with its value, unless that is secret, and where it comes from."""
    in_file, file = values(), path()
    for setting in SETTINGS:
        name, value = source(setting, environ)
        if value is None:
            yield setting, shown(setting.default) if setting.default else "", "default"
            continue
        place = str(file) if in_file.get(name) == environ[name] else "environment"
        place += "" if name == setting.variable else f", {name}"
        yield setting, "(hidden)" if setting.secret else shown(value), place
