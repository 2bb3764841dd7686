"""The import of a file on the page of a project, by the rules of the API's import."""

from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup
from werkzeug.exceptions import RequestEntityTooLarge

from ls.blueprints.projects.blueprint import projects
from ls.blueprints.projects.forms import ImportForm
from ls.blueprints.projects.page import import_values, show_page
from ls.exceptions import DomainError
from ls.models import Project
from ls.names import isolated
from ls.projects.import_reader import ImportRefused
from ls.projects.import_tasks import Checked, ImportResult, checked, save
from ls.queries.projects import get_project
from ls.web.auth import form_checks_csrf, write_as_current_user
from ls.web.errors import error_page
from ls.web.htmx import flash_message, is_fragment, redirect
from ls.web.i18n import number
from ls.web.uploads import MAX_TASKS, ImportRunning, one_at_a_time, sent_tasks, takes_import

NAMED = 10  # of what was left out
TOO_LARGE = _l("The file is larger than 256 MiB. Split it, and import the parts one after another.")


@projects.post("/<int:project_id>/import")
@takes_import
@form_checks_csrf
def import_tasks(project_id: int) -> Response:
    """Import a file of tasks into the project: all of it or nothing."""
    project, form = get_project(project_id), ImportForm()
    if not form.validate():
        return _refused(project, form)
    try:
        with one_at_a_time(), checked(*sent_tasks(), MAX_TASKS) as found, write_as_current_user() as creator:
            result = save(project, found, creator)
    except (ImportRefused, ImportRunning) as error:
        return _refused(project, form, error)
    flash_message(_told(found, result), "success")
    return redirect(url_for("projects.project", project_id=project_id))


@projects.errorhandler(413)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """Answer a file of more bytes than are read at all beside its field."""
    if request.endpoint != "projects.import_tasks":
        return error_page(413)
    project = get_project((request.view_args or {})["project_id"])
    return _refused(project, ImportForm(formdata=None), DomainError(TOO_LARGE), 413)


def _refused(project: Project, form: ImportForm, error: DomainError | None = None, status: int = 422) -> Response:
    """Show the form again; what the reader of the file says is in English, as in the API."""
    if isinstance(error, ImportRefused):
        field = form.people if str(error).startswith("people:") else form.file
        field.errors = [_("Nothing was imported."), Markup('<span lang="en">%s</span>') % str(error)]
    elif error is not None:
        form.file.errors = [error]
    values: dict[str, Any] = {**import_values(), "import_form": form}
    if is_fragment():
        response = make_response(render_template("projects/_import.html", project=project, **values), status)
    else:
        response = show_page(project, status, **values)
    if isinstance(error, ImportRunning):
        response.status_code, response.headers["Retry-After"] = error.status, str(error.retry_after)
    return response


def _told(found: Checked, result: ImportResult) -> str:
    """What was imported, and what of the file has no place here."""
    tasks, annotations = result.task_count, result.annotation_count
    said: str = _(
        "Imported: %(tasks)s, %(annotations)s.",
        tasks=ngettext("%(shown)s task", "%(shown)s tasks", tasks, shown=number(tasks)),
        annotations=ngettext("%(shown)s annotation", "%(shown)s annotations", annotations, shown=number(annotations)),
    )
    if not found.left_out:
        return said
    named = [f"{isolated(name)} ({number(count)})" for name, count in found.left_out.most_common(NAMED)]
    more = ["…"] if len(found.left_out) > NAMED else []
    return f"{said} {_('Left out, as they have no place here: %(names)s.', names=', '.join(named + more))}"
