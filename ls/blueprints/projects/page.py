"""The page of a project: its parts, and what each of them reads."""

from typing import Any

from flask import Response, current_app, make_response, render_template, request, url_for

from ls.blueprints.projects.forms import ImportForm, ProjectForm
from ls.models import Project
from ls.queries.charts import weekly_annotations
from ls.queries.pagination import Page
from ls.queries.projects import list_contributors, list_tasks


def show_page(found: Project, status: int = 200, **given: Any) -> Response:
    """Render the page; `given` are values for its parts, such as a form that was refused."""
    contributors, count = list_contributors(found.id)
    weeks = weekly_annotations([one.user.id for one in contributors], found.id) if contributors else {}
    values = {"contributors": contributors, "contributors_count": count, "weeks": weeks, **task_values(found)}
    forms = {"form": ProjectForm(formdata=None, obj=found), **import_values()}
    return make_response(
        render_template("projects/project.html", project=found, **{**values, **forms, **given}), status
    )


def import_values() -> dict[str, Any]:
    """The form of an import, and the address of this server for the commands beside it."""
    return {
        "import_form": ImportForm(formdata=None),
        "site": current_app.config["HOST"] or request.url_root.rstrip("/"),
    }


def task_values(found: Project) -> dict[str, Any]:
    """A page of the project's tasks."""
    page = list_tasks(found.id, after=request.args.get("after"), before=request.args.get("before"))
    return {"tasks": page.rows, **page_urls(page, url_for("projects.project", project_id=found.id))}


def page_urls(page: Page[Any], url: str, prefix: str = "") -> dict[str, str | None]:
    """The URLs of the pages before and after; `prefix`: of the parameter, if it is not the page's only list."""
    return {
        "previous_url": f"{url}?{prefix}before={page.previous}" if page.previous else None,
        "next_url": f"{url}?{prefix}after={page.next}" if page.next else None,
    }
