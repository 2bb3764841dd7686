"""The start page, health, version, and pictures."""

from flask import Blueprint, Response, jsonify, request, url_for
from flask_login import current_user
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from ls.db.extensions import db
from ls.exceptions import NotFound
from ls.models import Avatar, Organization
from ls.validation import text_problem
from ls.version import VERSION, versions
from ls.web.auth import public
from ls.web.htmx import redirect

system = Blueprint("system", __name__)

IMMUTABLE = "private, max-age=31536000, immutable"
PICTURE_POLICY = "default-src 'none'; sandbox"


@system.get("/")
@public
def home() -> Response:
    """Redirect a member to the projects, the first visitor of a new installation to sign-up, others to login."""
    if current_user.is_authenticated:
        target = "projects.index"
    else:
        target = "auth.login" if Organization.get().is_founded else "auth.signup"
    return redirect(url_for(target), 302)


@system.get("/health")
@public
def health() -> tuple[Response, int]:
    """Report whether the database answers."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return jsonify(status="DOWN"), 503
    return jsonify(status="UP"), 200


@system.get("/version")
@public
def version() -> Response:
    """Report the release."""
    return jsonify(version=VERSION, **versions())


@system.get("/data/avatars/<name>")
def avatar(name: str) -> Response:
    """Send a picture to members; its name is derived from its content, so it never changes."""
    statement = select(Avatar.data, Avatar.media_type).where(Avatar.name == name).limit(1)
    found = None if text_problem(name) else db.session.execute(statement).first()
    if found is None:
        raise NotFound
    response = Response(found.data, mimetype=found.media_type)
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.set_etag(name)
    response.make_conditional(request)
    return response
