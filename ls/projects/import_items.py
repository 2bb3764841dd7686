"""What an import holds: tasks with their annotations, and how the authors of these are looked up."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, FailFast, Field, ValidationError
from pydantic import ValidationInfo as Info

from ls.exceptions import NotFound
from ls.models import User
from ls.validation import json_problem

QUOTED_LENGTH = 80  # letters of a wrong value that a message repeats
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
MESSAGES = {
    "missing": "is missing",
    "dict_type": "is not an object",
    "list_type": "is not a list",
    "bool_type": "is not true or false",
}


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
        raise ValueError(f'"{info.field_name}" is not a time such as 2021-06-15T19:37:29Z: {_quoted(value)}')
    return moment


Seconds = Annotated[float, Field(gt=-1e15, lt=1e15)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class ImportedAnnotation(BaseModel):
    """An annotation as exported; other fields are ignored."""

    model_config = ConfigDict(strict=True)

    result: Annotated[list[Any], AfterValidator(_storable)]
    completed_by_id: Annotated[int, BeforeValidator(lambda sent, info: info.context.id_of(sent))] = Field(
        None, validation_alias="completed_by", validate_default=True
    )
    was_cancelled: bool | None = None
    ground_truth: bool | None = None
    lead_time: Seconds | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class ImportedTask(BaseModel):
    """A task as exported; other fields are ignored. The context of its validation are the `Authors`."""

    model_config = ConfigDict(strict=True)

    data: Annotated[dict[str, Any], AfterValidator(_storable)]
    meta: Annotated[dict[str, Any], AfterValidator(_storable)] | None = None
    annotations: Annotated[
        list[ImportedAnnotation], FailFast(), BeforeValidator(lambda sent: [] if sent is None else sent)
    ] = []


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


def _quoted(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= QUOTED_LENGTH else text[:QUOTED_LENGTH] + "..."


class Authors:
    """Looks up the authors of annotations by email or id, each once."""

    def __init__(self, default: User) -> None:
        self._default_id = default.id
        self._known: dict[str | int, int | None] = {}

    def id_of(self, completed_by: Any) -> int:
        """The id of the author. Raises ValueError, also for a deleted account: it gets no new work."""
        if completed_by is None:
            return self._default_id
        author = _email_or_id(completed_by)
        if author not in self._known:
            self._known[author] = _user_id(author)
        user_id = self._known[author]
        if user_id is None:
            raise ValueError(f"unknown author {_quoted(author)}")
        return user_id


def _email_or_id(completed_by: Any) -> str | int:
    value = completed_by
    if isinstance(value, dict):  # the email first: on another server the id belongs to another user
        value = value.get("email") or value.get("id")
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return value
    raise ValueError('"completed_by" is neither an id nor an email address')


def _user_id(author: str | int) -> int | None:
    if isinstance(author, str):
        user = User.by_email(author)
        return user.id if user else None
    try:
        return User.find(author).id
    except NotFound:
        return None
