"""People from a CSV file: the form, what each line is, and the accounts of those who are new."""

from base64 import b64encode
from collections import Counter
from typing import Any

from flask import Response, current_app, make_response, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from itsdangerous import BadSignature, URLSafeSerializer

from ls.accounts.import_people import COLUMNS, MOST_PEOPLE, NEW, WRONG, Line, check_people, import_people, read_people
from ls.blueprints.people.blueprint import people
from ls.exceptions import DomainError
from ls.spreadsheet import TableRefused, csv_lines
from ls.web.auth import form_checks_csrf, write_as_current_user
from ls.web.forms import BaseForm

MISSING = _l("Choose a CSV file.")
TOO_LARGE = _l("The file is too large to be imported in one go. Split it.")
BROKEN = _l("The list of people did not arrive whole, so nobody was imported. Choose the file again.")


class ImportForm(BaseForm):
    """The file."""

    file = FileField(_l("CSV file"))


@people.get("/people/import")
def import_page() -> Response:
    """The form."""
    return _form(ImportForm(formdata=None))


@people.post("/people/import")
@form_checks_csrf
def import_preview() -> Response:
    """Show what each line of the file is; nothing is saved, the page itself brings the lines to the next step."""
    form = ImportForm()
    if not form.validate():
        return _form(form, 422)
    try:
        lines = read_people(form.file.data.read() if form.file.data else _refuse(MISSING))
        sealed = _seal([line for line in lines if line.status == NEW])
    except TableRefused as refused:
        form.file.errors = [str(refused)]
        return _form(form, 422)
    lines.sort(key=lambda line: line.status != WRONG)
    values = {"lines": lines, "counts": Counter(line.status for line in lines), "sealed": sealed}
    return make_response(render_template("people/import_preview.html", **values))


@people.post("/people/import/accounts")
def import_accounts() -> Response:
    """Make the accounts, and show the links to set their passwords, once."""
    lines = check_people(_unseal(request.form.get("people", "")))
    with write_as_current_user(lock_organization=True):
        made = import_people(lines)
    links = [(email, url_for("auth.set_password_page", code=code, _external=True)) for email, code in made]
    table = "".join(csv_lines(("email", "link"), links)).encode()
    values = {"links": links, "table": b64encode(table).decode(), "left_out": len(lines) - len(links)}
    return make_response(render_template("people/import_done.html", **values))


def _form(form: ImportForm, status: int = 200) -> Response:
    return make_response(render_template("people/import.html", form=form, most_people=MOST_PEOPLE), status)


def _refuse(message: Any) -> bytes:
    raise TableRefused(message)


def _seal(lines: list[Line]) -> str:
    """The new people for a hidden field, packed and signed. Raises TableRefused if they do not fit into a form."""
    rows = [[line.email, line.first_name, line.last_name] for line in lines]
    sealed = _serializer().dumps(rows)
    if len(sealed) > current_app.config["MAX_FORM_MEMORY_SIZE"] - 1024:
        raise TableRefused(TOO_LARGE)
    return sealed if isinstance(sealed, str) else sealed.decode()


def _unseal(sealed: str) -> list[dict[str, str]]:
    try:
        return [dict(zip(COLUMNS, row, strict=True)) for row in _serializer().loads(sealed)]
    except BadSignature:
        raise DomainError(BROKEN) from None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="people to import")
