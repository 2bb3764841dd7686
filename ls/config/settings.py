"""Every setting in one table: name, parser, default and meaning. Only this module reads the environment.

The strongest value wins: an override of `create_app`, then `LABEL_STUDIO_<NAME>` (or the file named by
`LABEL_STUDIO_<NAME>_FILE`), then the default. Overrides with other names are Flask's own settings.
White space around a value is dropped, and an empty value is unset.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import click

from ls.config import mail, parsers

ENVIRONMENT_PREFIX = "LABEL_STUDIO_"
DAY = 24 * 60 * 60
LONGEST = 3650 * DAY
WITHOUT_PREFIX = {"DISABLE_SIGNUP_WITHOUT_LINK"}  # Label Studio reads it so too, and it means the same everywhere

FOLDER = Path(__file__).resolve().parents[2]
# `pip install .` puts the code among Python's own, beside a record of it. Then data belong to the user's own folder.
IS_INSTALLED = any(FOLDER.glob("roster-*.dist-info"))
HOME_DATA = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")  # noqa: PTH111  # raises nothing
DATA_FOLDER = str(Path(HOME_DATA, "roster") if IS_INSTALLED else FOLDER / "instance")

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class ConfigError(click.ClickException):
    """The server cannot start with these settings; the text is one line.

    A ClickException, because `flask` creates the application before it runs a command: so the line is printed
    without a traceback, and the exit status is 1.
    """

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line on standard error, without click's "Error: "."""
        click.echo(self.message, file=file, err=file is None)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. The value of a `secret` is never printed."""

    name: str
    parser: Callable[[object], Any]
    default: Any
    meaning: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return ENVIRONMENT_PREFIX + self.name

    @property
    def file_variable(self) -> str:
        """The environment variable that names a file with the value."""
        return f"{self.variable}_FILE"

    def parse(self, value: object) -> Any:
        """The checked value. Raises ConfigError, which names the variable and, unless secret, the value."""
        try:
            return self.parser(value)
        except ValueError as error:
            given = "" if self.secret else f"={parsers.shown(value)}"
            raise ConfigError(f"{self.variable}{given}: {error}") from None


SETTINGS: tuple[Setting, ...] = (
    Setting("DISABLE_SIGNUP_WITHOUT_LINK", parsers.boolean, False, "Sign-up only with the invite link."),
    Setting("USERNAME", parsers.text, None, "Email of an account made at start if it does not exist."),
    Setting("PASSWORD", parsers.text, None, "Password of the account made at start.", secret=True),
    Setting("USER_TOKEN", parsers.text, None, "API token of the account made at start.", secret=True),
    Setting("BASE_DATA_DIR", parsers.folder, DATA_FOLDER, "Folder of the database and the secret key."),
    Setting("DATABASE_URL", parsers.database_url, "", "SQLAlchemy URL; empty: SQLite in the data folder.", secret=True),
    Setting("SECRET_KEY", parsers.secret_key, None, "At least 32 bytes; made on first start if unset.", secret=True),
    Setting("HOST", parsers.base_url, "", "Public base URL, a path prefix included; empty: plain local use."),
    Setting("LISTEN", parsers.text, "127.0.0.1", "Address that the server listens on."),
    Setting("PORT", parsers.whole_number(0, 65535), 8080, "Port that the server listens on."),
    Setting("TRUSTED_PROXIES", parsers.networks, (), "Proxies whose X-Forwarded-* headers are believed; empty: none."),
    Setting("PASSWORD_MIN_LENGTH", parsers.whole_number(8, 64), 8, "Fewest characters of a password."),
    Setting("MAX_SESSION_AGE", parsers.whole_number(1, LONGEST), 8 * DAY, "Longest life of a login in seconds."),
    Setting("MAX_TIME_BETWEEN_ACTIVITY", parsers.whole_number(1, LONGEST), 3 * DAY, "Idle seconds that end a login."),
    Setting("LANGUAGE", parsers.language, "en", "Language when neither account nor browser says: en or zh-hans."),
    Setting("MAIL_HOST", mail.host, None, "Mail server that messages are given to; unset: no mail."),
    Setting("MAIL_PORT", parsers.whole_number(1, 65535), None, "Its port; 587 if unset, 465 with tls."),
    Setting("MAIL_SECURITY", mail.security, "starttls", "Encryption: starttls, tls or none; port 465 means tls."),
    Setting("MAIL_USERNAME", mail.credential, None, "User name at the mail server."),
    Setting("MAIL_PASSWORD", mail.credential, None, "Password at the mail server.", secret=True),
    Setting("MAIL_FROM", mail.sender, None, "Address that messages come from."),
    Setting("CONFIRM_EMAIL", parsers.boolean, False, "Who signs up without an invitation confirms their email."),
    Setting("METRICS", parsers.boolean, False, "Numbers for Prometheus at /metrics."),
    Setting("METRICS_TOKEN", parsers.metrics_token, None, "What /metrics asks for; unset: loopback only.", secret=True),
    Setting("LOG_FORMAT", parsers.log_format, "text", "Form of the log's lines: text or json."),
)


def read(environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> dict[str, Any]:
    """All settings by name, and the settings of Flask that follow from them. Raises ConfigError."""
    given = dict(overrides or {})
    found: dict[str, Any] = {}
    for setting in SETTINGS:
        value = given.pop(setting.name, None)
        if isinstance(value, str):
            value = clean(setting.variable, value)
        if value is None:
            value = source(setting, environ)[1]
        found[setting.name] = setting.default if value is None else setting.parse(value)
    return found | _flask_settings(found) | given


def source(setting: Setting, environ: Mapping[str, str]) -> tuple[str, str | None]:
    """The variable that gives a value, and the value; None if nothing does. Raises ConfigError."""
    value = clean(setting.variable, environ.get(setting.variable))
    file = clean(setting.file_variable, environ.get(setting.file_variable))
    if file is not None and value is not None:
        raise ConfigError(f"{setting.variable} and {setting.file_variable} are both set. Keep one of them.")
    if file is not None:
        return setting.file_variable, clean(setting.file_variable, _content(setting.file_variable, file))
    if value is None and setting.name in WITHOUT_PREFIX:
        return setting.name, clean(setting.name, environ.get(setting.name))
    return setting.variable, value


def clean(variable: str, value: str | None) -> str | None:
    """The value without white space around it, such as the CR of a Windows line end; None if nothing is left."""
    stripped = (value or "").strip()
    if _CONTROL.search(stripped):
        raise ConfigError(f"{variable} holds a control character, such as a line end or a tab. Take it out.")
    return stripped or None


def _content(variable: str, name: str) -> str:
    """The text of the file."""
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"{variable}={parsers.shown(name)}: cannot read the file: {reason}") from None


def _flask_settings(found: Mapping[str, Any]) -> dict[str, Any]:
    secure = found["HOST"].startswith("https://")
    database = parsers.database_uri(found["DATABASE_URL"], found["BASE_DATA_DIR"])
    return {
        "SQLALCHEMY_DATABASE_URI": database,
        "SQLALCHEMY_ENGINE_OPTIONS": parsers.engine_options(database),
        "PREFIX": urlsplit(found["HOST"]).path,
        **_mail_settings(found),
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "REMEMBER_COOKIE_NAME": "ls_unused",  # under Flask-Login's usual name, that of another program on this host
        # The session policy in the database ends sessions and can be changed; the cookie must not expire earlier.
        "PERMANENT_SESSION_LIFETIME": LONGEST,
        # An avatar may have 1 MiB. Up to 2 MiB the view can still say what is wrong with a larger one.
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 256 * 1024,
        "MAX_FORM_PARTS": 100,
        "WTF_CSRF_TIME_LIMIT": None,  # a form stays valid as long as its session
        "WTF_CSRF_CHECK_DEFAULT": False,  # ls.web.auth checks, once it knows whether a token or a session is used
        "WTF_CSRF_SSL_STRICT": False,  # ls.web.csrf checks more than the Referer
    }


def _mail_settings(found: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return mail.combined(found)
    except ValueError as error:
        raise ConfigError(str(error)) from None
