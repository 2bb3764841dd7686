"""What a proxy asks before it lets a request through to a tool that it guards (deploy/guard/)."""

from urllib.parse import quote

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from ls.exceptions import Throttled
from ls.web.auth import note_caller, public
from ls.web.htmx import redirect, safe_next

guard = Blueprint("guard", __name__)

PLAIN = "!#$&'*+/=?^`{|}~@"  # what else an email may hold, beside letters, digits and -._


@guard.get("/auth/check")
@public
def check() -> Response:
    """Say who is behind the request, by session or token: 200 with their headers, or 401."""
    try:
        note_caller()
    except Throttled:
        return Response(status=401)
    if not current_user.is_authenticated:
        return Response(status=401)
    name = quote(current_user.full_name)
    identity = {"User": str(current_user.id), "Email": quote(current_user.email, safe=PLAIN), "Name": name}
    return Response(headers={f"X-Roster-{field}": value for field, value in identity.items()})


@guard.get("/auth/login/")
@guard.get("/auth/login/<path:wanted>")
@public
def login(wanted: str = "") -> Response:
    """Redirect to the login page, and from there back to what was wanted of the guarded tool."""
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return redirect(url_for("auth.login", next=safe_next(f"/{quote(wanted)}{query}")), 302)
