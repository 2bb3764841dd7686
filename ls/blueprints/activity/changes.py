"""What a change changed, in words: `first name from “Ann” to “Anna”; phone`."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ls.models.event import CHANGES
from ls.web.i18n import LANGUAGES, duration, number

LONGEST = 80  # letters of a value
LABELS = {
    "username": _l("username"),
    "first_name": _l("first name"),
    "last_name": _l("last name"),
    "email": _l("email"),
    "phone": _l("phone"),
    "language": _l("language"),
    "appearance": _l("appearance"),
    "allow_newsletters": _l("newsletters"),
    "custom_hotkeys": _l("hotkeys"),
    "title": _l("name"),
    "contact_info": _l("contact"),
    "session_max_idle": _l("log-out without activity"),
    "session_max_age": _l("log-out at the latest"),
    "api_tokens_enabled": _l("API tokens"),
    "personal_tokens_enabled": _l("personal tokens"),
    "personal_token_days": _l("days of a personal token"),
    "description": _l("description"),
    "label_config": _l("labelling interface"),
    "options": _l("further settings"),
}
APPEARANCES = {"auto": _l("same as the device"), "light": _l("light"), "dark": _l("dark")}

Shown = Callable[[str], str]


def changes(detail: dict[str, Any], text: type[str], shown: Shown) -> str:
    """The changed fields as a str or as Markup, from old to new where the event has them; a new title is told already.

    `text` is str or Markup; `shown` isolates a value.
    """
    known, told = detail.get(CHANGES) or {}, {"title"} if "old_title" in detail else set()
    names = [name for name in detail.get("fields", ()) if name not in told]
    return text(_("; ")).join(_change(name, known.get(name), text, shown) for name in names)


def _change(name: str, pair: list[Any] | None, text: type[str], shown: Shown) -> str:
    label = str(LABELS.get(name, name))
    if pair is None:
        return text("%s") % label
    old, new = (_value(name, value, shown) for value in pair)
    if old and new:
        return text(_("%(field)s from %(old)s to %(new)s")) % {"field": label, "old": old, "new": new}
    message = _("%(field)s set to %(new)s") if new else _("%(field)s %(old)s removed")
    return text(message) % {"field": label, "old": old, "new": new}


def _value(name: str, value: Any, shown: Shown) -> str:
    """The value as readers know it; empty if there is none."""
    if name.startswith("session_"):
        return duration(value) if value else str(_("the server's setting"))
    if name == "language":
        return LANGUAGES.get(value) or str(_("same as the browser"))
    if name == "appearance":
        return str(APPEARANCES.get(value, value))
    if isinstance(value, bool):
        return str(_("on") if value else _("off"))
    if isinstance(value, int):
        return number(value)
    return _quoted(str(value), shown) if value else ""


def _quoted(value: str, shown: Shown) -> str:
    cut = shown(value if len(value) <= LONGEST else value[: LONGEST - 1] + "…")
    return type(cut)("“%s”") % cut
