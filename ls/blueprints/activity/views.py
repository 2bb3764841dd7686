"""The views of the audit log: a page, a fragment, or CSV."""

from contextlib import suppress
from dataclasses import asdict
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from flask_babel import get_locale

from ls.blueprints.activity.export import csv_lines
from ls.blueprints.activity.kinds import KINDS
from ls.blueprints.activity.links import linked
from ls.blueprints.activity.sentences import sentence
from ls.db.extensions import db
from ls.models import Event, User
from ls.queries.audit_log import Filter, all_events, list_events
from ls.validation import BIGGEST_ID
from ls.web.auth import write_as_current_user
from ls.web.csv_download import check_filters, csv_response
from ls.web.htmx import is_fragment, redirect, render
from ls.web.user_agents import device

activity = Blueprint("activity", __name__)
activity.add_app_template_filter(device)


@activity.get("/activity/")
def index() -> Response:
    """Show a page of the log, newest first; `format=csv` downloads all of it."""
    wanted = _parse_filter()
    if request.args.get("format") == "csv":
        check_filters(["format", *(name for name, value in asdict(wanted).items() if value)])
        with write_as_current_user():
            Event.record("activity_exported")
        return _csv(wanted)
    after, before = request.args.get("after"), request.args.get("before")
    page = list_events(wanted, after=after, before=before)
    values: dict[str, Any] = {
        "filter": wanted,
        "kinds": KINDS,
        "days": [(day, list(entries)) for day, entries in groupby(page.rows, lambda entry: entry.at.date())],
        "sentence": partial(sentence, writing=linked(page.rows)),
        "user": db.session.get(User, wanted.user) if wanted.user else None,
        "csv_url": _url(wanted, format="csv"),
        "previous_url": _url(wanted, before=page.previous) if page.previous else None,
        "next_url": _url(wanted, after=page.next) if page.next else None,
    }
    response = render("activity/index.html", "activity/_list.html", **values)
    if is_fragment():
        response.headers["HX-Push-Url"] = _url(wanted, after=after, before=before)
    return response


@activity.get("/events/")
def events() -> Response:
    """Redirect from the earlier URL of this page; a download, which scripts fetch, is answered here as well."""
    if request.args.get("format") == "csv":
        return index()
    query = urlencode(list(request.args.items(multi=True)), errors="replace")
    return redirect(url_for("activity.index") + (f"?{query}" if query else ""), 301)


def _parse_filter() -> Filter:
    """The filter of the query string; unknown values are left out."""
    kind = request.args.get("kind", "")
    return Filter(
        kind=kind if kind in KINDS else "",
        person=request.args.get("person", "").strip(),
        user=_id("user"),
        since=_date("since"),
        until=_date("until"),
    )


def _id(name: str) -> int | None:
    number = request.args.get(name, type=int)
    return number if number and 0 < number <= BIGGEST_ID else None


def _date(name: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(request.args.get(name, ""))
    return None


def _url(wanted: Filter, **more: str | None) -> str:
    query = urlencode({name: value for name, value in {**asdict(wanted), **more}.items() if value}, errors="replace")
    return url_for("activity.index") + (f"?{query}" if query else "")


def _csv(wanted: Filter) -> Response:
    get_locale()  # chosen now: while the response is streamed, the account is no longer loaded
    return csv_response(csv_lines(all_events(wanted)), "activity.csv")
