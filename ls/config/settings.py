"""Every setting: name, kind, default and meaning in one place; the environment is read here only.

Precedence, strongest first: `create_app`'s overrides, `LABEL_STUDIO_<NAME>` (or the file that
`LABEL_STUDIO_<NAME>_FILE` names), the default. Overrides with names that are no setting of ours are
Flask's, and win over what is derived here.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ls.config import parsers as kinds
from ls.config.parsers import DAY, ConfigError

__all__ = ["SETTINGS", "ConfigError", "Setting", "read", "warnings_for"]

ENVIRONMENT_PREFIX = "LABEL_STUDIO_"
PROJECT = Path(__file__).resolve().parents[2]

# A picture may have 1 MiB. One of nearly twice that still reaches the view, which says kindly what is wrong.
PAGE_BYTES = 2 * 1024 * 1024
FORM_FIELD_BYTES = 256 * 1024
FORM_PARTS = 100


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `low` and `high` bound a number, a `secret` is never printed."""

    name: str
    kind: str
    default: Any
    meaning: str
    low: int = 0
    high: int = 3650 * DAY
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable's name."""
        return ENVIRONMENT_PREFIX + self.name

    def parse(self, value: object) -> Any:
        """The value in its Python type; raises ConfigError, naming the variable and (no secret) the value."""
        try:
            return kinds.PARSERS[self.kind](value, self.low, self.high)
        except ValueError as error:
            said = "" if self.secret else f"={kinds.shown(value)}"
            raise ConfigError(f"{self.variable}{said}: {error}") from None


SETTINGS: tuple[Setting, ...] = (
    Setting("DISABLE_SIGNUP_WITHOUT_LINK", "bool", False, "Sign-up only with the invite link."),
    Setting("USERNAME", "str", None, "E-mail of an account made at start if it does not exist."),
    Setting("PASSWORD", "str", None, "Password of the account made at start.", secret=True),
    Setting("USER_TOKEN", "str", None, "API token of the account made at start.", secret=True),
    Setting(
        "BASE_DATA_DIR",
        "path",
        str(PROJECT / "instance"),
        "Folder of the database and the secret key: everything that must be kept.",
    ),
    Setting(
        "DATABASE_URL",
        "database",
        "",
        "SQLAlchemy URL; empty: SQLite in the data folder; postgresql+psycopg://... for larger teams.",
        secret=True,
    ),
    Setting(
        "SECRET_KEY",
        "key",
        None,
        "At least 32 bytes that sign sessions and links; made on first start and kept in the data folder.",
        secret=True,
    ),
    Setting("HOST", "url", "", "Public base URL, a path prefix included; empty: plain local use."),
    Setting("PORT", "int", 8080, "Port that the server listens on.", high=65535),
    Setting(
        "TRUSTED_PROXIES",
        "networks",
        (),
        "Addresses or networks of proxies whose X-Forwarded-* headers are believed; empty: none.",
    ),
    Setting("PASSWORD_MIN_LENGTH", "int", 8, "Fewest characters of a password, 8 to 64.", low=8, high=64),
    Setting(
        "MAX_SESSION_AGE",
        "int",
        8 * DAY,
        "Longest life of a login in seconds, until the organization's session policy says otherwise.",
        low=1,
    ),
    Setting(
        "MAX_TIME_BETWEEN_ACTIVITY",
        "int",
        3 * DAY,
        "Seconds without activity that end a login, until the session policy says otherwise.",
        low=1,
    ),
    Setting("LANGUAGE", "language", "en", "Language when neither account nor browser says: en or zh-hans."),
    Setting("LOG_FORMAT", "log_format", "text", "Form of the log's lines: text or json."),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def read(environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> dict[str, Any]:
    """All settings by name, and Flask's own that follow from them; raises ConfigError."""
    given = dict(overrides or {})
    found: dict[str, Any] = {}
    for setting in SETTINGS:
        value = given.pop(setting.name, None)
        raw = _from_environment(setting, environ) if value is None else value
        found[setting.name] = setting.default if raw is None else setting.parse(raw)
        if found[setting.name] is None or found[setting.name] == "":
            found[setting.name] = setting.default
    return found | _derived(found) | given


def warnings_for(environ: Mapping[str, str]) -> list[str]:
    """What looks like a mistake but does not keep the server from starting, a line each."""
    known = [name for setting in SETTINGS for name in (setting.variable, f"{setting.variable}_FILE")]
    unknown = sorted(name for name in environ if name.startswith(ENVIRONMENT_PREFIX) and name not in known)
    lines = [
        f"{kinds.shown(name)} is not a setting. "
        f"Did you mean {difflib.get_close_matches(name, known, n=1, cutoff=0)[0]}?"
        for name in unknown
    ]
    if not _is_set("USERNAME", environ):
        lines += [
            f"{_BY_NAME[name].variable} has no effect without {_BY_NAME['USERNAME'].variable}."
            for name in ("PASSWORD", "USER_TOKEN")
            if _is_set(name, environ)
        ]
    return lines


def _is_set(name: str, environ: Mapping[str, str]) -> bool:
    variable = _BY_NAME[name].variable
    return bool(environ.get(variable) or environ.get(f"{variable}_FILE"))


def _from_environment(setting: Setting, environ: Mapping[str, str]) -> str | None:
    variable, file_variable = setting.variable, f"{setting.variable}_FILE"
    if file_variable not in environ:
        return environ.get(variable)
    if variable in environ:
        raise ConfigError(f"{variable} and {file_variable} are both set. Keep one of them.")
    return _content(file_variable, environ[file_variable])


def _content(variable: str, name: str) -> str:
    try:
        text = Path(name).read_bytes().decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{variable}={kinds.shown(name)}: the file is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise ConfigError(f"{variable}={kinds.shown(name)}: cannot read the file: {reason}") from None
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\r\n") else text.removesuffix("\n")


def _derived(found: Mapping[str, Any]) -> dict[str, Any]:
    secure = found["HOST"].startswith("https://")
    database = kinds.database_uri(found["DATABASE_URL"], found["BASE_DATA_DIR"])
    return {
        "SQLALCHEMY_DATABASE_URI": database,
        "SQLALCHEMY_ENGINE_OPTIONS": kinds.engine_options(database),
        "PREFIX": kinds.prefix_of(found["HOST"]),
        # Browsers take __Host- only with Secure and the path /; plain http must still sign in, so only there.
        "SESSION_COOKIE_NAME": "__Host-ls_session" if secure else "ls_session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_REFRESH_EACH_REQUEST": False,
        # The database ends sessions, by a policy that members may lengthen; the cookie never does so earlier.
        "PERMANENT_SESSION_LIFETIME": 3650 * DAY,
        "MAX_CONTENT_LENGTH": PAGE_BYTES,
        "MAX_FORM_MEMORY_SIZE": FORM_FIELD_BYTES,
        "MAX_FORM_PARTS": FORM_PARTS,
        "WTF_CSRF_TIME_LIMIT": None,  # a form left open lives as long as its session
        "WTF_CSRF_CHECK_DEFAULT": False,  # the guard checks, after it knows whether a token or a form asks
        "WTF_CSRF_SSL_STRICT": False,  # cross_origin.py looks at more than the Referer, and tells what it saw
    }
