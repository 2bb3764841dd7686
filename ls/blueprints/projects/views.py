"""The views of the projects: the list with the form to create one, and a page for each."""

from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from ls.accounts import rate_limit
from ls.blueprints.projects.blueprint import projects
from ls.blueprints.projects.forms import ProjectForm
from ls.blueprints.projects.page import page_urls, show_page, task_values
from ls.exceptions import InvalidFields
from ls.models import Project
from ls.models.project import checked
from ls.projects import deletion
from ls.queries.linked import LinkedSummary, list_linked_projects
from ls.queries.pagination import Page
from ls.queries.projects import get_project, list_contributors, list_deleted_projects, list_projects
from ls.web.auth import form_checks_csrf, write_as_current_user
from ls.web.htmx import flash_message, is_fragment, redirect, render


@projects.get("/")
def index() -> Response:
    """Show the list, newest first, and the form for a new project."""
    values = _list_values()
    return render("projects/index.html", "projects/_list.html", form=ProjectForm(formdata=None), **values)


@projects.post("/")
@form_checks_csrf
def create() -> Response:
    """Create a project; the same form sent twice creates one."""
    form = ProjectForm()
    values = _checked_values(form)
    if values is None:
        listed = {"is_open": True} if is_fragment() else _list_values()
        return render("projects/index.html", "projects/_create.html", 422, form=form, **listed)
    with write_as_current_user() as user:
        sent = form.submission(str(user.id), *values.values())
        is_second = rate_limit.is_noted(sent)
        project = Project.latest(user, values["title"]) if is_second else None
        project_id = (project or Project.create(creator=user, **values)).id
        rate_limit.note(sent)
    return redirect(url_for("projects.project", project_id=project_id))


@projects.get("/<int:project_id>")
def project(project_id: int) -> Response:
    """Show a project, who contributed how much, and its tasks; for htmx only a page of tasks."""
    found = get_project(project_id)
    if is_fragment():
        return make_response(render_template("projects/_tasks.html", **task_values(found)))
    return show_page(found)


@projects.post("/<int:project_id>")
@form_checks_csrf
def change(project_id: int) -> Response:
    """Change title and description; then the whole page is loaded, as its title changes too."""
    form = ProjectForm()
    values = _checked_values(form)
    if values is None:
        found = get_project(project_id)
        if is_fragment():
            values = {"form": form, "contributors_count": list_contributors(found.id)[1]}
            return make_response(render_template("projects/_head.html", project=found, **values), 422)
        return show_page(found, 422, form=form)
    with write_as_current_user():
        Project.lock_for_update(project_id).change(**values)
    flash_message(_("Project saved"), "success")
    return redirect(url_for("projects.project", project_id=project_id))


@projects.post("/<int:project_id>/delete")
def delete(project_id: int) -> Response:
    """Hide a project with its tasks and annotations; the message has a button to restore it."""
    with write_as_current_user():
        title = deletion.delete_project(project_id).title
    deletion.purge_some(deletion.AT_DELETION)
    undo = url_for("projects.restore", project_id=project_id)
    flash_message(_("Project %(title)s is deleted", title=title), "success", undo=(undo, None))
    return redirect(url_for("projects.index"))


@projects.get("/deleted")
def deleted() -> Response:
    """List the deleted projects that can be restored."""
    page = list_deleted_projects(after=request.args.get("after"), before=request.args.get("before"))
    values: dict[str, Any] = {"projects": page.rows, **page_urls(page, url_for("projects.deleted"))}
    return render("projects/deleted.html", "projects/_deleted.html", **values)


@projects.post("/<int:project_id>/restore")
def restore(project_id: int) -> Response:
    """Show a deleted project again."""
    with write_as_current_user():
        title = deletion.restore_project(project_id).title
    flash_message(_("Project %(title)s is restored", title=title), "success")
    return redirect(url_for("projects.project", project_id=project_id))


def _checked_values(form: ProjectForm) -> dict[str, Any] | None:
    """Title and description; None if something is wrong, which the form then says."""
    if not form.validate():
        return None
    try:
        return checked({"title": form.title.data, "description": form.description.data})
    except InvalidFields as refused:
        form.add_errors(refused)
        return None


def _list_values() -> dict[str, Any]:
    url, args = url_for("projects.index"), request.args
    page = list_projects(after=args.get("after"), before=args.get("before"))
    linked: Page[LinkedSummary] = Page([])
    if current_user.organization.label_studio_url:
        linked = list_linked_projects(after=args.get("linked_after"), before=args.get("linked_before"))
    return {
        "projects": page.rows,
        "linked": linked.rows,
        "linked_urls": page_urls(linked, url, "linked_"),
        "is_open": "new" in args,
        **page_urls(page, url),
    }
