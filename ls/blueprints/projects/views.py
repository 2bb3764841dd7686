"""The views: a list to create in, and a page for each project."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, url_for
from flask_babel import lazy_gettext as _l

from ls.blueprints.projects.forms import ProjectForm
from ls.blueprints.projects.preview import preview
from ls.models import Project
from ls.queries import projects as lists
from ls.web.access import form_checks_csrf
from ls.web.current import acting, member
from ls.web.htmx import go, is_fragment, render, say

projects = Blueprint("projects", __name__, url_prefix="/projects")
projects.add_app_template_filter(preview)


@projects.get("/")
def index() -> Response:
    """The list, newest first, and the form for another one."""
    listing = lists.projects()
    if listing.is_past_the_end:
        return go(url_for("projects.index"), 302)
    return render("projects/index.html", "projects/_list.html", listing=listing, form=ProjectForm(formdata=None))


@projects.post("/")
@form_checks_csrf
def create() -> Response:
    """Create a project; the same form sent twice makes one."""
    form = ProjectForm()
    if not form.check():
        listing = None if is_fragment() else lists.projects()
        return render("projects/index.html", "projects/_create.html", 422, listing=listing, form=form)
    with acting():
        project_id = Project.create(creator=member(), form_key=form.form_key.data, **form.values).id
    return go(url_for("projects.project", project_id=project_id))


@projects.get("/<int:project_id>")
def project(project_id: int) -> Response:
    """What it is, who contributed how much, and its tasks; for htmx a page of tasks."""
    found, listing = lists.project(project_id), lists.tasks(project_id)
    if listing.is_past_the_end:
        return go(url_for("projects.project", project_id=project_id), 302)
    if is_fragment():
        return make_response(render_template("projects/_tasks.html", project=found, listing=listing))
    return _page(found, listing=listing)


@projects.post("/<int:project_id>")
@form_checks_csrf
def change(project_id: int) -> Response:
    """Change title and description; afterwards the page is read anew, as its title changed too."""
    form = ProjectForm()
    if not form.check():
        found = lists.project(project_id)
        return _head(found, form) if is_fragment() else _page(found, 422, form=form)
    with acting():
        Project.find(project_id).change(**form.values)
    say(_l("Project saved"), "success")
    return go(url_for("projects.project", project_id=project_id))


@projects.post("/<int:project_id>/delete")
def delete(project_id: int) -> Response:
    """Delete the project and everything in it."""
    with acting():
        found = Project.find(project_id)
        title = found.title
        found.remove()
    say(_l("Project %(title)s is deleted", title=title), "success")
    return go(url_for("projects.index"))


def _head(found: Project, form: ProjectForm) -> Response:
    return make_response(render_template("projects/_head.html", project=found, form=form), 422)


def _page(found: Project, status: int = 200, **given: Any) -> Response:
    values: dict[str, Any] = {"project": found, "form": given.get("form") or _form(found)}
    values["listing"] = given.get("listing") or lists.tasks(found.id)
    values["contributors"], values["contributors_count"] = lists.contributors(found.id)
    return make_response(render_template("projects/project.html", **values), status)


def _form(found: Project) -> ProjectForm:
    return ProjectForm(formdata=None, obj=found)
