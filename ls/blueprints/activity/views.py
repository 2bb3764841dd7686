"""The view: the trail as a page, a fragment, or CSV."""

from contextlib import suppress
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request, stream_with_context

from ls.blueprints.activity.export import lines
from ls.blueprints.activity.sentences import KINDS, sentence
from ls.queries import audit_log
from ls.validation import BIGGEST_ID
from ls.web.htmx import is_fragment, render
from ls.web.user_agents import device

activity = Blueprint("activity", __name__, url_prefix="/activity")
activity.add_app_template_filter(device)


@activity.get("/")
def index() -> Response:
    """The trail, newest first; `format=csv` is all of it to take away."""
    wanted = _wanted()
    if request.args.get("format") == "csv":
        return _csv(wanted)
    after, before = _number("after"), _number("before")
    response = render(
        "activity/index.html", "activity/_list.html", **_values(wanted, audit_log.page(wanted, after=after, before=before))
    )
    if is_fragment():
        response.headers["HX-Push-Url"] = _address(wanted, after=after, before=before)
    return response


def _wanted() -> audit_log.Filter:
    kind = request.args.get("kind", "")
    return audit_log.Filter(
        kind=kind if kind in KINDS else "",
        person=request.args.get("person", "").strip(),
        since=_date("since"),
        until=_date("until"),
    )


def _date(name: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(request.args.get(name, ""))
    return None


def _number(name: str) -> int | None:
    number = request.args.get(name, type=int)
    return number if number is not None and 0 <= number <= BIGGEST_ID else None


def _address(wanted: audit_log.Filter, **more: object) -> str:
    pairs = {"kind": wanted.kind, "person": wanted.person, "since": wanted.since, "until": wanted.until, **more}
    query = urlencode({name: value for name, value in pairs.items() if value not in {None, ""}}, errors="replace")
    return f"{request.script_root}/activity/" + (f"?{query}" if query else "")


def _values(wanted: audit_log.Filter, found: audit_log.Page) -> dict[str, Any]:
    return {
        "wanted": wanted,
        "kinds": KINDS,
        "entries": found.entries,
        "sentence": sentence,
        "csv": _address(wanted, format="csv"),
        "previous": _address(wanted, before=found.before) if found.before is not None else None,
        "next": _address(wanted, after=found.after) if found.after is not None else None,
    }


def _csv(wanted: audit_log.Filter) -> Response:
    body = stream_with_context(lines(audit_log.everything(wanted)))
    response = Response(body, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="activity.csv"'
    return response
