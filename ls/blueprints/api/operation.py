"""One definition per call: it validates the request, serialises the answer, and documents both."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar

from flask import Response, request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from werkzeug.exceptions import BadRequest

from ls.exceptions import InvalidFields

View = TypeVar("View", bound=Callable[..., Any])
Type = Any  # what pydantic's TypeAdapter takes: a model, a TypedDict, a list of them

MESSAGES = {
    "missing": "This field is required.",
    "string_type": "Not a valid string.",
    "string_unicode": "Not a valid string.",
    "string_too_short": "This field may not be blank.",
    "string_pattern_mismatch": "This value has the wrong format.",
    "extra_forbidden": "Unknown, so the request is refused.",
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


class Schema(BaseModel):
    """An answer, or a part of one: its fields are read from a dict, or from the attributes of a model or row."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


class Input(BaseModel):
    """A body, whose values have JSON's own types; unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=False, strict=True)

    def given(self) -> dict[str, Any]:
        """Only the fields that the client sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Query(Input):
    """A query string, in which every value is text; an unknown parameter might narrow the answer, so it is refused."""

    model_config = ConfigDict(strict=False, extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What a call takes and answers; `answers` has the type of each status, None for an empty answer.

    The `body` and the `query` are validated. A `payload` is a body that the view reads and validates itself.
    """

    summary: str
    tag: str
    answers: Mapping[int, Type | None]
    errors: tuple[int, ...] = ()  # besides those that follow from the route and the fields below
    body: Type | None = None
    payload: Type | None = None
    query: type[Query] = Query
    multipart: Mapping[str, Any] | None = None


def api_operation(summary: str, **details: Any) -> Callable[[View], View]:
    """Describe a view, see `Operation`; its `body` and `query` are passed to it as arguments, validated.

    Raises InvalidFields (a 400) for wrong fields, BadRequest for a body that is not JSON.
    """
    operation = Operation(summary=summary, **details)

    def decorate(view: View) -> View:
        @wraps(view)
        def validated(**values: Any) -> Any:
            query = validate(read_query(), operation.query)
            if operation.query is not Query:
                values["query"] = query
            if operation.body is not None:
                values["body"] = validate(read_json(), operation.body)
            return view(**values)

        validated.operation = operation  # type: ignore[attr-defined]  # read by openapi.py
        return validated  # type: ignore[return-value]  # wraps keeps the signature that Flask calls

    return decorate


@lru_cache(maxsize=256)
def adapter(of: Type) -> TypeAdapter[Any]:
    """Pydantic's validator and serialiser of that type, built when it is first used."""
    return TypeAdapter(of)


def validate(sent: Any, as_type: Type) -> Any:
    """What the client sent, as that type. Raises InvalidFields."""
    try:
        return adapter(as_type).validate_python(sent)
    except ValidationError as error:
        raise InvalidFields(_messages(error)) from None


def _messages(error: ValidationError) -> dict[str, list[str]]:
    messages: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_input=False):
        field, *inner = problem["loc"] or ["non_field_errors"]
        where = f"{inner[0]}: " if inner and isinstance(inner[0], str) else ""
        messages.setdefault(str(field), []).append(where + _message(problem))
    return messages


def _message(problem: Mapping[str, Any]) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "string_too_long":
        return f"Ensure this field has no more than {context['max_length']} characters."
    if kind in {"model_type", "model_attributes_type"}:
        return "Invalid data. Expected a dictionary."
    if kind == "value_error":
        return str(context["error"])
    return MESSAGES.get(kind) or str(problem["msg"])


def read_query() -> dict[str, str]:
    """The query string. Raises InvalidFields if a parameter is repeated: only one of its values would be obeyed."""
    if repeated := [name for name, values in request.args.lists() if len(values) > 1]:
        raise InvalidFields({name: ["Send this parameter once."] for name in repeated})
    return request.args.to_dict()


def read_json() -> Any:
    """The body of the request. Raises BadRequest if it is not JSON that can be stored."""
    raw = request.get_data()  # kept, in case the call is made again (ls/web/errors.py)
    request.stream.read(1)  # of a chunked body only the allowed part has been read: this raises the 413
    if not raw.strip():
        return {}
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"JSON parse error - {_reason(error)}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return str(error).splitlines()[0][:200]


def to_json(as_type: Type, value: Any) -> bytes:
    """The value as that type, in JSON."""
    return adapter(as_type).dump_json(adapter(as_type).validate_python(value, from_attributes=True))


def json_response(as_type: Type, value: Any, status: int = 200) -> Response:
    """The value as that type, in JSON."""
    return Response(to_json(as_type, value), status=status, mimetype="application/json")


def no_content() -> Response:
    """An empty answer with status 204."""
    return Response(status=204)
