"""Which first steps are done, and hiding them."""

from dataclasses import dataclass

from flask import Blueprint, Response, url_for
from flask_login import current_user

from ls.models import Event
from ls.web.auth import write_as_current_user
from ls.web.htmx import redirect

first_steps = Blueprint("first_steps", __name__)


@dataclass(frozen=True, slots=True)
class Steps:
    """The state of each step."""

    has_team: bool
    has_project: bool
    has_script: bool


@first_steps.app_template_global("first_steps")
def steps_of_reader(*, has_project: bool) -> Steps | None:
    """The founder's steps; None for everybody else, and once all are done or hidden."""
    organization = current_user.organization
    if organization.first_steps_hidden or organization.created_by_id != current_user.id:
        return None
    steps = Steps(organization.members_count > 1, has_project, organization.has_scripts)
    return None if steps == Steps(True, True, True) else steps


@first_steps.post("/first-steps/delete", endpoint="hide")
def hide() -> Response:
    """Hide the steps for good."""
    with write_as_current_user(lock_organization=True) as user:
        if user.organization.set_values(first_steps_hidden=True):
            Event.record("first_steps_hidden")
    return redirect(url_for("projects.index"))
