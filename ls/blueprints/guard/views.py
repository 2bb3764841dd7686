"""What a proxy asks before it lets a request through to a tool that it guards (deploy/guard/)."""

from urllib.parse import quote

from flask import Blueprint, Response, g, request, url_for

from ls.blueprints.guard.recent import Caller, recent_caller
from ls.exceptions import Throttled
from ls.models import User
from ls.web.auth import authenticate, note_caller, public
from ls.web.htmx import redirect, safe_next

guard = Blueprint("guard", __name__)

PLAIN = "!#$&'*+/=?^`{|}~@"  # what else an email may hold, beside letters, digits and -._


@guard.get("/auth/check")
@public
def check() -> Response:
    """Say who is behind the request, by session or token: 200 with their headers, or 401."""
    caller = recent_caller() or _caller()
    if caller is None:
        return Response(status=401)
    g.user_id = caller.id  # for the request log
    identity = {"User": str(caller.id), "Email": quote(caller.email, safe=PLAIN), "Name": quote(caller.full_name)}
    return Response(headers={f"X-Roster-{field}": value for field, value in identity.items()})


def _caller() -> Caller | User | None:
    user = authenticate()
    try:
        note_caller(user)
    except Throttled:
        return None
    return user


@guard.get("/auth/login/")
@guard.get("/auth/login/<path:wanted>")
@public
def login(wanted: str = "") -> Response:
    """Redirect to the login page, and from there back to what was wanted of the guarded tool."""
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return redirect(url_for("auth.login", next=safe_next(f"/{quote(wanted)}{query}")), 302)
