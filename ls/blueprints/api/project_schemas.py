"""What projects look like in requests and answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from ls.blueprints.api.operation import Input, Query, Schema
from ls.blueprints.api.schemas import IS_LINE, IS_TEXT, IS_VISIBLE, Id, JsonObject, Moment, Paged, avatar_path
from ls.models import Project, User
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.models.project import DESCRIPTION_LENGTH, TITLE_LENGTH
from ls.models.user import DELETED, DELETED_NAME

Title = Annotated[
    str, StringConstraints(min_length=1, max_length=TITLE_LENGTH, strip_whitespace=True), IS_TEXT, IS_VISIBLE
]
Description = Annotated[str, StringConstraints(max_length=DESCRIPTION_LENGTH), IS_TEXT]
Text = Annotated[str, StringConstraints(max_length=100_000), IS_TEXT]
Color = Annotated[str, StringConstraints(max_length=16), IS_TEXT]
Version = Annotated[str, StringConstraints(max_length=256), IS_TEXT]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Percentage = Annotated[int, Field(ge=0, le=100)]
Sampling = Literal["Sequential sampling", "Uniform sampling", "Uncertainty sampling"]
SkipQueue = Literal["REQUEUE_FOR_ME", "REQUEUE_FOR_OTHERS", "IGNORE_SKIPPED"]


class Options(Input):
    """What labelling interfaces store with a project; stored as sent, with Label Studio's defaults."""

    color: Color | None = "#FFFFFF"
    control_weights: JsonObject | None = None
    enable_empty_annotation: bool | None = True
    evaluate_predictions_automatically: bool | None = False
    expert_instruction: Text | None = ""
    is_draft: bool | None = False
    is_published: bool | None = False
    maximum_annotations: Count | None = 1
    min_annotations_to_start_training: Count | None = 0
    model_version: Version | None = ""
    overlap_cohort_percentage: Percentage | None = 100
    pinned_at: Moment | None = None
    reveal_preannotations_interactively: bool | None = False
    sampling: Sampling | None = "Sequential sampling"
    show_annotation_history: bool | None = False
    show_collab_predictions: bool | None = True
    show_ground_truth_first: bool | None = False
    show_instruction: bool | None = False
    show_overlap_first: bool | None = False
    show_skip_button: bool | None = True
    skip_queue: SkipQueue | None = "REQUEUE_FOR_OTHERS"


class ProjectPatch(Options):
    """What may be changed of a project."""

    title: Title | None = None
    description: Description | None = None
    label_config: Text | None = None


class NewProject(ProjectPatch):
    """A project to create."""

    title: Title


def _ids(text: str) -> list[str]:
    return text.split(",")


IDS_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(,[0-9]+)*$"})
NO_EFFECT = Field(description="Accepted without effect.")


class ProjectQuery(Query):
    """Accepted for Label Studio's clients: there are no project members."""

    members_limit: Annotated[int | None, NO_EFFECT] = None


class ProjectsQuery(ProjectQuery, Paged):
    """Which projects, in which order."""

    title: Annotated[str, Field(max_length=TITLE_LENGTH, description="Any part of the title."), IS_LINE] = ""
    search: Annotated[str, Field(max_length=TITLE_LENGTH, description="Any part of title or description."), IS_LINE] = (
        ""
    )
    ids: Annotated[
        list[Id] | None, BeforeValidator(_ids), IDS_SCHEMA, Field(max_length=10_000, description="Such as 1,2,3.")
    ] = None
    filter: Literal["all"] = "all"
    include: Annotated[str | None, NO_EFFECT] = None
    ordering: Literal["id", "-id", "created_at", "-created_at", "title", "-title"] = "-id"


class Creator(Schema):
    """The user who created a project."""

    id: int
    first_name: str
    last_name: str
    email: str
    avatar: str | None
    initials: str


class ProjectSchema(Options, Schema):
    """A project."""

    id: int
    title: str
    description: str
    label_config: str
    organization: int
    created_by: Creator | None
    created_at: datetime
    updated_at: datetime
    task_number: int
    total_annotations_number: int
    total_predictions_number: int = 0


def project_schema(project: Project) -> dict[str, Any]:
    """The fields of ProjectSchema."""
    return {
        **project.options,
        "id": project.id,
        "title": project.title,
        "description": project.description,
        "label_config": project.label_config,
        "organization": DEFAULT_ORGANIZATION_ID,
        "created_by": creator_schema(project.created_by) if project.created_by else None,
        "created_at": project.created_at,
        "updated_at": project.updated_at,
        "task_number": project.tasks_count,
        "total_annotations_number": project.annotations_count,
    }


def creator_schema(user: User) -> dict[str, Any]:
    """The fields of Creator; a deleted account has the name Deleted User."""
    first_name, last_name = DELETED_NAME.split() if user.status == DELETED else (user.first_name, user.last_name)
    return {
        "id": user.id,
        "first_name": first_name,
        "last_name": last_name,
        "email": user.email,
        "avatar": avatar_path(user.avatar_name),
        "initials": user.initials,
    }
