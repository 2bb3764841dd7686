"""The front door, health, version, and pictures."""

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from ls.db.extensions import db
from ls.exceptions import NotFound
from ls.models import Avatar, Organization
from ls.validation import text_problem
from ls.version import VERSION
from ls.web.access import public
from ls.web.current import visitor

system = Blueprint("system", __name__)

FOR_EVER = "private, max-age=31536000, immutable"
PICTURE_POLICY = "default-src 'none'; sandbox"


@system.get("/")
@public
def home() -> Response:
    """The first visitor of a new installation sees sign-up, a member her projects."""
    if visitor() is not None:
        target = "projects.index"
    else:
        target = "auth.login" if Organization.get().is_founded else "auth.signup"
    return redirect(url_for(target))  # type: ignore[return-value]  # Werkzeug's and Flask's responses are one here


@system.get("/health")
@public
def health() -> tuple[Response, int]:
    """Does the database answer?"""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return jsonify(status="DOWN"), 503
    return jsonify(status="UP"), 200


@system.get("/version")
@public
def version() -> Response:
    """Which release this is."""
    return jsonify(release=VERSION, version=VERSION)


@system.get("/data/avatars/<name>")
def avatar(name: str) -> Response:
    """A picture, for members; its name is made from its content, so it never changes."""
    statement = select(Avatar.data, Avatar.media_type).where(Avatar.name == name).limit(1)
    found = None if text_problem(name) else db.session.execute(statement).first()
    if found is None:
        raise NotFound
    response = Response(found.data, mimetype=found.media_type)
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.set_etag(name)
    response.make_conditional(request)
    return response
