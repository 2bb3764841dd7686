"""What an import holds: tasks with their annotations, and what of them has no place here."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, FailFast, Field, ValidationError
from pydantic import ValidationInfo as Info

from ls.projects.import_authors import QUOTED_LENGTH, quoted
from ls.validation import is_line, json_problem

MAX_ANNOTATIONS = 10_000  # of one task
MAX_NAMES = 100  # of what is left out; the rest is counted together
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
MESSAGES = {
    "missing": "is missing",
    "dict_type": "is not an object",
    "list_type": "is not a list",
    "bool_type": "is not true or false",
    "too_long": f"has more than {MAX_ANNOTATIONS:,} entries",
}
# What an export says of tasks and annotations that this server numbers, dates and counts itself.
MADE_HERE = frozenset(
    [
        *("id", "project", "task", "inner_id", "file_upload", "created_at", "updated_at", "created_username"),
        *("updated_by", "unique_id", "import_id", "last_action", "last_created_by", "comment_authors"),
        *("draft_created_at", "draft_exists", "is_labeled", "overlap", "allow_skip", "avg_lead_time"),
        *("total_annotations", "cancelled_annotations", "total_predictions", "result_count", "comment_count"),
        *("unresolved_comment_count", "last_comment_updated_at", "parent_prediction", "parent_annotation"),
    ]
)


def _storable(value: Any, info: Info) -> Any:
    if problem := json_problem(value):
        raise ValueError(f'"{info.field_name}" {problem}')
    return value


def _moment(value: Any, info: Info) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        moment = LATEST
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f'"{info.field_name}" is not a time such as 2021-06-15T19:37:29Z: {quoted(value)}')
    return moment


Seconds = Annotated[float, Field(gt=-1e15, lt=1e15)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class ImportedAnnotation(BaseModel):
    """An annotation as exported. The context of its validation are the `Authors`."""

    model_config = ConfigDict(strict=True)

    result: Annotated[list[Any], AfterValidator(_storable)]
    completed_by_id: Annotated[int | None, BeforeValidator(lambda sent, info: info.context.id_of(sent))] = Field(
        None, validation_alias="completed_by", validate_default=True
    )
    was_cancelled: bool | None = None
    ground_truth: bool | None = None
    lead_time: Seconds | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class ImportedTask(BaseModel):
    """A task as exported."""

    model_config = ConfigDict(strict=True)

    data: Annotated[dict[str, Any], AfterValidator(_storable)]
    meta: Annotated[dict[str, Any], AfterValidator(_storable)] | None = None
    annotations: Annotated[
        list[ImportedAnnotation],
        FailFast(),
        Field(max_length=MAX_ANNOTATIONS),
        BeforeValidator(lambda sent: [] if sent is None else sent),
    ] = []


TASK_FIELDS = MADE_HERE | ImportedTask.model_fields.keys()
ANNOTATION_FIELDS = MADE_HERE | ImportedAnnotation.model_fields.keys() - {"completed_by_id"} | {"completed_by"}


def first_problem(error: ValidationError) -> str:
    """What is wrong with an item, in words."""
    problem = error.errors(include_url=False, include_input=False)[0]
    place, kind = problem["loc"], problem["type"]
    annotation = f"annotation {int(place[1]) + 1}: " if len(place) > 1 else ""
    if kind == "model_type":
        return f"{annotation}not an object"
    if kind == "value_error":
        return f"{annotation}{problem['ctx']['error']}"
    return f'{annotation}"{place[-1]}" {MESSAGES.get(kind, "is not a number of seconds")}'


def count_left_out(item: dict[str, Any], counted: Counter[str]) -> None:
    """Count what of a valid task will not be stored: the entries of a list, anything else once."""
    _count(item, TASK_FIELDS, "", counted)
    for annotation in item.get("annotations") or []:
        _count(annotation, ANNOTATION_FIELDS, "annotations.", counted)


def _count(values: dict[str, Any], kept: frozenset[str], prefix: str, counted: Counter[str]) -> None:
    for name in values.keys() - kept:
        if value := values[name]:
            known = f"{prefix}{name}"
            if known not in counted and not (len(counted) < MAX_NAMES and len(name) <= QUOTED_LENGTH and is_line(name)):
                known = "other"
            counted[known] += len(value) if isinstance(value, list) else 1
