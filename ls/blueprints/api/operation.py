"""One definition per call: it validates what comes in, serialises what goes out, and documents both."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, TypeVar

from flask import Response, request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from werkzeug.exceptions import BadRequest

from ls.exceptions import InvalidFields

View = TypeVar("View", bound=Callable[..., Any])
Shape = Any  # what pydantic's TypeAdapter takes: a TypedDict, a list of them, a model

MESSAGES = {
    "missing": "This field is required.",
    "string_type": "Not a valid string.",
    "string_unicode": "Not a valid string.",
    "string_too_short": "This field may not be blank.",
    "bool_type": "Must be a valid boolean.",
    "bool_parsing": "Must be a valid boolean.",
    "int_type": "A valid integer is required.",
    "int_parsing": "A valid integer is required.",
    "int_from_float": "A valid integer is required.",
    "int_parsing_size": "A valid integer is required.",
    "float_type": "A valid number is required.",
    "float_parsing": "A valid number is required.",
    "dict_type": "Expected a dictionary of items.",
    "list_type": "Expected a list of items.",
}


class Input(BaseModel):
    """A body, whose values have JSON's own types; fields nobody knows are ignored, as the original does."""

    model_config = ConfigDict(extra="ignore", defer_build=True, str_strip_whitespace=False, strict=True)

    def given(self) -> dict[str, Any]:
        """Only the fields that the client sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Query(Input):
    """A query string, where everything is text."""

    model_config = ConfigDict(strict=False)


@dataclass(frozen=True)
class Operation:
    """What a call takes and answers, as OpenAPI tells it."""

    summary: str
    tag: str
    body: type[Input] | Shape | None = None
    payload: Shape | None = None
    query: type[Input] | None = None
    answers: Mapping[int, Shape | None] = field(default_factory=dict)
    errors: tuple[int, ...] = ()
    multipart: Mapping[str, Any] | None = None
    public: bool = False


def operation(
    summary: str,
    *,
    tag: str,
    body: Shape | None = None,
    payload: Shape | None = None,
    query: type[Input] | None = None,
    answers: Mapping[int, Shape | None],
    errors: tuple[int, ...] = (),
    multipart: Mapping[str, Any] | None = None,
    public: bool = False,
) -> Callable[[View], View]:
    """Describe a view; its `body` and `query` arrive validated as arguments of those names.

    A `payload` is only told of: the view reads and checks it itself.

    Raises InvalidFields (a 400) for wrong fields, BadRequest for what is no JSON.
    """
    described = Operation(summary, tag, body, payload, query, answers, errors, multipart, public)

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(**values: Any) -> Any:
            if query is not None:
                values["query"] = validate(query, _query())
            if body is not None:
                values["body"] = validate(body, read_json())
            return view(**values)

        checked.operation = described  # type: ignore[attr-defined]  # read by openapi.py
        return checked  # type: ignore[return-value]  # wraps keeps the signature that Flask calls

    return decorate


def _query() -> dict[str, str]:
    return request.args.to_dict()


@lru_cache(maxsize=256)
def adapter(shape: Shape) -> TypeAdapter[Any]:
    """Pydantic's validator and serialiser of that shape, built when first used."""
    return TypeAdapter(shape)


def validate(shape: Shape, value: Any) -> Any:
    """The value as that shape. Raises InvalidFields."""
    try:
        return adapter(shape).validate_python(value)
    except ValidationError as refused:
        raise InvalidFields(_by_field(refused)) from None


def _by_field(refused: ValidationError) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for problem in refused.errors(include_url=False, include_input=False):
        place = str(problem["loc"][0]) if problem["loc"] else "non_field_errors"
        errors.setdefault(place, []).append(_message(problem))
    return errors


def _message(problem: Mapping[str, Any]) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "string_too_long":
        return f"Ensure this field has no more than {context['max_length']} characters."
    if kind in {"model_type", "model_attributes_type"}:
        return "Invalid data. Expected a dictionary."
    if kind == "value_error":
        return str(context["error"])
    return MESSAGES.get(kind) or str(problem["msg"])


def read_json() -> Any:
    """The request's body as JSON. Raises BadRequest where it is none that can be kept."""
    raw = request.get_data(cache=False)
    request.stream.read(1)  # of a chunked body only the allowed part was read: raises the 413 if there is more
    if not raw.strip():
        return {}
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"JSON parse error - {_one_line(error)}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _one_line(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return str(error).splitlines()[0][:200]


def answer(shape: Shape, value: Any, status: int = 200) -> Response:
    """The value in that shape, as JSON."""
    return Response(adapter(shape).dump_json(value), status=status, mimetype="application/json")


def no_content() -> Response:
    """Done, nothing to say."""
    return Response(status=204)
