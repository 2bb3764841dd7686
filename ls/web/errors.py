"""Every failure becomes a response here, once: a page, a fragment, or the API's JSON."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, jsonify, make_response, render_template, request, url_for
from flask_babel import force_locale
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import BadHost, HTTPException

from ls.db.extensions import db, login_manager
from ls.exceptions import DomainError, InvalidFields, NotFound, Text, Throttled
from ls.security.crypto import Undecipherable
from ls.web import retry
from ls.web.auth import SAFE_METHODS, api_credential, is_api
from ls.web.csrf import CrossOrigin
from ls.web.error_messages import API_DETAILS, EXPIRED, OTHER_KEY, PAGES
from ls.web.htmx import is_fragment, redirect, safe_next
from ls.web.i18n import locale_of_request
from ls.web.proxy import REFUSED


def init_app(app: Flask) -> None:
    """Register the handlers."""
    login_manager.unauthorized_handler(unauthorized)
    app.register_error_handler(DomainError, on_domain_error)
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(CrossOrigin, on_cross_origin)
    app.register_error_handler(Undecipherable, on_other_key)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(ObjectDeletedError, on_deleted)
    app.register_error_handler(StaleDataError, on_deleted)
    app.register_error_handler(OperationalError, on_database_error)
    app.register_error_handler(PoolTimeout, on_database_error)
    app.register_error_handler(Exception, on_bug)


def unauthorized() -> Any:
    """The answer to a request that needs a login: 401 for the API and for writes, else the login page."""
    if is_api() or (request.method not in SAFE_METHODS and not is_fragment()):
        abort(401)
    response = redirect(url_for("auth.login", next=_requested_page()), 302)
    if is_fragment():
        response.status_code = 401
    return response


def _requested_page() -> str | None:
    if not is_fragment():
        return safe_next(request.script_root + request.full_path.rstrip("?"))
    with suppress(ValueError):
        parts = urlsplit(request.headers.get("HX-Current-URL", ""))
        return safe_next(parts.path + (f"?{parts.query}" if parts.query else ""))
    return None


def on_domain_error(error: DomainError) -> Response:
    """A rule refused the request."""
    db.session.rollback()
    if is_api():
        response = _api_domain_error(error)
    else:
        status = 422 if isinstance(error, InvalidFields) else error.status
        response = error_page(status, str(error), error.title, error.button)
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _api_domain_error(error: DomainError) -> Response:
    if isinstance(error, InvalidFields):
        errors = {name: [str(message) for message in messages] for name, messages in error.errors.items()}
        return _json(400, detail="Validation error", status_code=400, validation_errors=errors)
    detail = API_DETAILS[404] if error.status == 404 else str(error)
    return _json(error.api_status or (400 if error.status == 422 else error.status), detail=detail)


def on_deleted(_error: Exception) -> Response:
    """Somebody else deleted the row during this request."""
    return on_domain_error(NotFound())


def on_csrf_error(_error: CSRFError) -> Response:
    """The form's token is missing or old; what was typed is kept, but no password and no file."""
    if is_api():
        return _json(403, detail="CSRF Failed: CSRF token missing or incorrect.")
    if is_fragment() or not request.form:
        return error_page(400, str(EXPIRED))
    return send_again(400, is_signed_out=False)


def on_cross_origin(error: CrossOrigin) -> Response:
    """A page of another site sent this, or proxy and settings disagree about the address."""
    message = str(error.description)
    return _json(403, detail=f"CSRF Failed: {message}") if is_api() else error_page(400, message)


def on_other_key(_error: Undecipherable) -> Response:
    """A token has to be shown, and the secret key is lost, or differs between servers that share a database."""
    current_app.logger.error("the secret key is not the one that the tokens were made with")
    return _json(409, detail=str(OTHER_KEY)) if is_api() else error_page(409, str(OTHER_KEY))


def on_http_error(error: HTTPException) -> Response:
    """An HTTP error of Flask, Werkzeug or `abort`."""
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    if is_api():
        response = _json(status, detail=_api_detail(status, error))
    elif status == 401 and request.method not in SAFE_METHODS and request.form:
        response = send_again(401, is_signed_out=True)
    else:
        response = error_page(status)
    response.headers.update({name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}})
    return response


def _api_detail(status: int, error: HTTPException) -> str:
    if status == 401:
        sent = api_credential() is not None
        return "Invalid token." if sent else "Authentication credentials were not provided."
    if status == 405:
        return f'Method "{request.method}" not allowed.'
    return API_DETAILS.get(status) or error.description or error.name


def send_again(status: int, *, is_signed_out: bool) -> Response:
    """A page that keeps the form until it can be sent again, without passwords."""
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if "password" not in name and name != "csrf_token"
    ]
    action = request.script_root + request.full_path.rstrip("?")
    body = render_template("errors/signed_out.html", action=action, fields=fields, is_signed_out=is_signed_out)
    return make_response(body, status)


def on_database_error(error: Exception) -> Response:
    """The database is locked, full, or cannot be reached; the next request tries again."""
    if (answer := retry.answer_once_more(error)) is not None:
        return answer
    current_app.logger.error("database: %s", getattr(error, "orig", error))
    _end_transaction()
    response = _plain_error(503)
    response.headers["Retry-After"] = "5"
    return response


def on_bug(error: Exception) -> Response:
    """A defect of the program: logged with its traceback, which the answer does not show."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return on_database_error(error)
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    current_app.logger.error("unhandled", exc_info=error)
    _end_transaction()
    return _plain_error(500)


def _plain_error(status: int) -> Response:
    """An error that is shown without reading account or database, which may be what failed."""
    if is_api():
        return _json(status, detail=API_DETAILS[status])
    with force_locale(locale_of_request()):
        return error_page(status)


def _end_transaction() -> None:
    try:
        db.session.rollback()
    except Exception:  # the connection is what broke; the pool replaces it
        db.session.remove()


def error_page(status: int, message: str | None = None, title: Text = None, button: Text = None) -> Response:
    """The page of an error, for a member with the bar; for htmx a message in #flash."""
    known, usual = PAGES.get(status, PAGES[400 if status < 500 else 500])
    template = "errors/_fragment.html" if is_fragment() else f"errors/{'member' if _has_bar(status) else 'page'}.html"
    values = {"title": title or known, "message": message or usual, "button": button}
    return make_response(render_template(template, code=status, **values), status)


def _has_bar(status: int) -> bool:
    """Whether the reader is a member, as far as it may be asked: not where the database or the host is wrong."""
    is_wrong_host = request.environ.get(REFUSED) or isinstance(request.routing_exception, BadHost)
    return 400 <= status < 500 and status != 401 and not is_wrong_host and current_user.is_authenticated


def _json(status: int, **body: object) -> Response:
    response = make_response(jsonify(body), status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Token"
    return response
