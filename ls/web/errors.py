"""Every failure becomes an answer here, once: a page, a fragment, or the API's JSON."""

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException

from ls.db.extensions import db, login_manager
from ls.exceptions import DomainError, InvalidFields, NotFound, Throttled
from ls.security.crypto import Undecipherable
from ls.web.access import SAFE_METHODS
from ls.web.csrf import CrossOrigin
from ls.web.htmx import is_fragment
from ls.web.identity import api_credential, is_api

PAGES = {
    400: (_l("That request made no sense"), _l("Something in it could not be read. Go back and try again.")),
    401: (_l("You are signed out"), _l("Log in, then try again.")),
    403: (_l("This is closed"), _l("You cannot open this page.")),
    404: (_l("Nothing here"), _l("The page does not exist, or what it showed is gone.")),
    405: (_l("Not this way"), _l("This page cannot be used like that. Go back and use its buttons.")),
    409: (_l("Not right now"), _l("The state of things does not allow this.")),
    413: (_l("Too large"), _l("What you sent is larger than this server takes.")),
    414: (_l("Address too long"), _l("The address of this page is too long.")),
    415: (_l("Wrong kind of content"), _l("This page takes a form.")),
    422: (_l("That needs another look"), _l("Something in what you entered is not right.")),
    429: (_l("Too many attempts"), _l("Wait a little, then try again.")),
    500: (_l("Something broke here"), _l("It is not your fault. Nothing was saved. Try again in a moment.")),
    503: (_l("The server is busy"), _l("The database does not answer. Try again in a moment.")),
}

API_DETAILS = {404: "Not found.", 500: "Internal server error.", 503: "The database does not answer."}

EXPIRED = _l("This page was open for too long, or you signed out elsewhere. Go back, reload it, and send again.")

OTHER_KEY = _l(
    "This server's secret key is not the one that your API token was made with. Whoever runs the server: put the file "
    "secret_key, or LABEL_STUDIO_SECRET_KEY, back as it was, or make a new token with: flask user token --reset"
)


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(DomainError, on_domain_error)
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(CrossOrigin, on_cross_origin)
    app.register_error_handler(Undecipherable, on_other_key)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(ObjectDeletedError, on_gone)
    app.register_error_handler(StaleDataError, on_gone)
    app.register_error_handler(OperationalError, on_database_gone)
    app.register_error_handler(PoolTimeout, on_database_gone)
    app.register_error_handler(Exception, on_bug)


def on_domain_error(error: DomainError) -> Response:
    """A rule said no."""
    db.session.rollback()
    if is_api():
        response = _api_domain_error(error)
    else:
        response = page(422 if isinstance(error, InvalidFields) else error.status, str(error))
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _api_domain_error(error: DomainError) -> Response:
    if isinstance(error, InvalidFields):
        errors = {name: [str(message) for message in messages] for name, messages in error.errors.items()}
        return _json(400, detail="Validation error", status_code=400, validation_errors=errors)
    detail = API_DETAILS[404] if error.status == 404 else str(error)
    return _json(400 if error.status == 422 else error.status, detail=detail)


def on_gone(_error: Exception) -> Response:
    """Somebody else deleted it while this request was at it."""
    return on_domain_error(NotFound())


def on_csrf_error(_error: CSRFError) -> Response:
    """The form's token is missing or old; what was typed is kept, but no password and no file."""
    if is_api():
        return _json(403, detail="CSRF Failed: CSRF token missing or incorrect.")
    if is_fragment() or not request.form:
        return page(400, str(EXPIRED))
    return send_again(400, is_signed_out=False)


def on_cross_origin(error: CrossOrigin) -> Response:
    """Another site's page sent this, or proxy and settings disagree about our address."""
    message = str(error.description)
    return _json(403, detail=f"CSRF Failed: {message}") if is_api() else page(400, message)


def on_other_key(_error: Undecipherable) -> Response:
    """A token has to be shown, and the key is lost, or differs between servers that share a database."""
    current_app.logger.error("the secret key is not the one that the tokens were made with")
    return _json(409, detail=str(OTHER_KEY)) if is_api() else page(409, str(OTHER_KEY))


def on_http_error(error: HTTPException) -> Response:
    """What Flask, Werkzeug or `abort` said."""
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    if is_api():
        response = _json(status, detail=_api_detail(status, error))
    elif status == 401 and request.method not in SAFE_METHODS and request.form:
        response = send_again(401, is_signed_out=True)
    else:
        response = page(status)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _api_detail(status: int, error: HTTPException) -> str:
    if status == 401:
        wrong = api_credential() is not None
        return "Invalid token." if wrong else "Authentication credentials were not provided."
    if status == 405:
        return f'Method "{request.method}" not allowed.'
    return API_DETAILS.get(status) or error.description or error.name


def send_again(status: int, *, is_signed_out: bool) -> Response:
    """A page that holds the form until it can be sent: nothing typed is lost."""
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if "password" not in name and name != "csrf_token"
    ]
    action = request.script_root + request.full_path.rstrip("?")
    body = render_template(
        "errors/signed_out.html", action=action, fields=fields, is_signed_out=is_signed_out
    )
    return make_response(body, status)


def on_database_gone(error: Exception) -> Response:
    """The database is locked, full, or away: said plainly, and healed by itself."""
    current_app.logger.error("database: %s", getattr(error, "orig", error))
    _drop_session()
    response = _json(503, detail=API_DETAILS[503]) if is_api() else page(503)
    response.headers["Retry-After"] = "5"
    return response


def on_bug(error: Exception) -> Response:
    """A defect of ours: logged with its trace, told without it."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return on_database_gone(error)
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    current_app.logger.error("unhandled", exc_info=error)
    _drop_session()
    return _json(500, detail=API_DETAILS[500]) if is_api() else page(500)


def _drop_session() -> None:
    # The page that tells of it must not ask the broken database who is reading.
    g._login_user = login_manager.anonymous_user()  # noqa: SLF001  # where Flask-Login keeps who it found
    try:
        db.session.rollback()
    except Exception:  # the connection is what broke; the pool replaces it
        db.session.remove()


def page(status: int, message: str | None = None) -> Response:
    """A failure in the product's hand; for htmx a message in #flash, so that no page lands in a row."""
    title, usual = PAGES.get(status, PAGES[400 if status < 500 else 500])
    template = "errors/_fragment.html" if is_fragment() else "errors/page.html"
    body = render_template(template, code=status, title=title, message=message or usual)
    return make_response(body, status)


def _json(status: int, **body: object) -> Response:
    response = jsonify(body)
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Token"
    return response


