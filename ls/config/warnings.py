"""What is probably a mistake in the environment but does not prevent the start."""

import difflib
import re
from collections.abc import Iterator, Mapping

from ls.config.parsers import shown
from ls.config.settings import ENVIRONMENT_PREFIX, SETTINGS, WITHOUT_PREFIX, source

KNOWN = {name for setting in SETTINGS for name in (setting.variable, setting.file_variable)}
DATABASE_URL = f"{ENVIRONMENT_PREFIX}DATABASE_URL"

# Label Studio reads each setting with the prefix LABEL_STUDIO_ or HEARTEX_, or without any. Of those without are named
# the ones that other programs hardly set for themselves, as they do HOST, PORT, USERNAME, PASSWORD and SECRET_KEY.
_DATABASE = re.compile(f"({ENVIRONMENT_PREFIX}|HEARTEX_)?(DJANGO_DB|POSTGRE_[A-Z_]+)")
_OTHER_PREFIX = {f"HEARTEX_{setting.name}": setting.variable for setting in SETTINGS}
_NO_PREFIX = {
    name: f"{ENVIRONMENT_PREFIX}{name}" for name in ("BASE_DATA_DIR", "MAX_SESSION_AGE", "MAX_TIME_BETWEEN_ACTIVITY")
}
_NEEDS = {"PASSWORD": "USERNAME", "USER_TOKEN": "USERNAME", "METRICS_TOKEN": "METRICS"}
_NEEDS |= {f"MAIL_{name}": "MAIL_HOST" for name in ("PORT", "SECURITY", "USERNAME", "PASSWORD", "FROM")}


def warnings_for(environ: Mapping[str, str]) -> list[str]:
    """One line for each setting that is probably a mistake but does not prevent the start."""
    given = sorted(name for name, value in environ.items() if value.strip() or name.startswith(ENVIRONMENT_PREFIX))
    return [*_database(given), *_misnamed(given), *_without_effect(environ), *_contradicted(environ)]


def _database(given: list[str]) -> Iterator[str]:
    names = [name for name in given if _DATABASE.fullmatch(name)]
    if names:
        yield (
            f"Not read here: {', '.join(names)}. "
            f"Name the database by {DATABASE_URL}=postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME"
        )


def _misnamed(given: list[str]) -> Iterator[str]:
    elsewhere = _OTHER_PREFIX | _NO_PREFIX
    for name in given:
        if name in elsewhere:
            yield f"{name} is not read here. Write {elsewhere[name]}."
        elif name.startswith(ENVIRONMENT_PREFIX) and name not in KNOWN and not _DATABASE.fullmatch(name):
            nearest = difflib.get_close_matches(name, sorted(KNOWN), n=1, cutoff=0)[0]
            yield f"{shown(name)} is not a setting. Did you mean {nearest}?"


def _without_effect(environ: Mapping[str, str]) -> Iterator[str]:
    present = {name.removesuffix("_FILE") for name, value in environ.items() if value.strip()}
    for name, needed in _NEEDS.items():
        if f"{ENVIRONMENT_PREFIX}{name}" in present and f"{ENVIRONMENT_PREFIX}{needed}" not in present:
            yield f"{ENVIRONMENT_PREFIX}{name} has no effect without {ENVIRONMENT_PREFIX}{needed}."
    if f"{ENVIRONMENT_PREFIX}MAIL_HOST" in present and f"{ENVIRONMENT_PREFIX}HOST" not in present:
        yield f"{ENVIRONMENT_PREFIX}MAIL_HOST needs {ENVIRONMENT_PREFIX}HOST: links in messages begin with it."


def _contradicted(environ: Mapping[str, str]) -> Iterator[str]:
    for setting in SETTINGS:
        if setting.name in WITHOUT_PREFIX and environ.get(setting.name, "").strip():
            name, value = source(setting, environ)
            if name != setting.name and setting.parse(value) != setting.parse(environ[setting.name].strip()):
                yield f"{name} and {setting.name} differ. {name} is obeyed."
