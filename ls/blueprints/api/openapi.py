"""The OpenAPI 3.1 document, made from the definitions that the views validate and serialise with."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Flask
from pydantic import TypeAdapter
from werkzeug.routing import Rule

from ls.blueprints.api.operation import Operation, Type, adapter
from ls.blueprints.api.schemas import Detail, ValidationFailure
from ls.version import VERSION

REF = "#/components/schemas/{model}"
ID = re.compile(r"<int:(\w+)>")  # the API's routes have no other variables
ERRORS = {
    400: "A field is invalid, a query parameter is unknown, or the body is not JSON.",
    401: "The credential is missing or wrong.",
    403: "Not permitted.",
    404: "Not found.",
    405: "Not allowed for this object.",
    409: "Not possible in the current state.",
    413: "The body is too large.",
    429: "Too many attempts.",
}
SECURITY = {
    "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <token>`"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
}

Json = dict[str, Any]
Schemas = dict[tuple[Type, str], Json]  # by type and by "validation" or "serialization"


def openapi_document(app: Flask, server: str) -> Json:
    """The whole document, for a server at that path; made when it is first requested."""
    if "openapi" not in app.extensions:
        app.extensions["openapi"] = _document(app)
    return {**app.extensions["openapi"], "servers": [{"url": server or "/"}]}


def _document(app: Flask) -> Json:
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    calls = [(rule, view) for rule in rules if hasattr(view := app.view_functions[rule.endpoint], "operation")]
    schemas, definitions = _schemas([view.operation for _, view in calls])
    paths: Json = {}
    for rule, view in calls:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(ID.sub(r"{\1}", rule.rule), {})[method.lower()] = _operation(rule, view, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Roster API",
            "version": VERSION,
            "description": "Users, organization, projects, tasks and annotations, as Label Studio's SDK has them.",
        },
        "security": [{name: []} for name in SECURITY],
        "paths": paths,
        "components": {"schemas": definitions, "securitySchemes": SECURITY},
    }


def _schemas(operations: Sequence[Operation]) -> tuple[Schemas, Json]:
    """The schema of each body and answer, and the definitions that these refer to."""
    bodies = {operation.body or operation.payload for operation in operations} - {None}
    answers = {answer for operation in operations for answer in operation.answers.values()} - {None}
    uses: list[tuple[Type, Any]] = [(of, "validation") for of in bodies]
    uses += [(of, "serialization") for of in answers | {Detail, ValidationFailure}]
    schemas, described = TypeAdapter.json_schemas([(*use, adapter(use[0])) for use in uses], ref_template=REF)
    return dict(schemas), described["$defs"]


def _operation(rule: Rule, view: Any, schemas: Schemas) -> Json:
    operation: Operation = view.operation
    is_public = getattr(view, "is_public", False)
    described: Json = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": operation.summary,
        "description": view.__doc__,
        "tags": [operation.tag],
        "parameters": [*_path_parameters(rule), *_query_parameters(operation)],
        "responses": _answers(operation, schemas) | _errors(rule, operation, is_public, schemas),
    }
    if is_public:
        described["security"] = []
    if body := operation.body or operation.payload:
        is_required = "required" in adapter(body).json_schema()
        described["requestBody"] = {"required": is_required, "content": _json(schemas[body, "validation"])}
    if operation.multipart:
        content = described.get("requestBody", {}).get("content", {})
        content = {**content, "multipart/form-data": {"schema": operation.multipart}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _path_parameters(rule: Rule) -> Iterator[Json]:
    for name in ID.findall(rule.rule):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}


def _query_parameters(operation: Operation) -> Iterator[Json]:
    described = adapter(operation.query).json_schema()
    for name, schema in described["properties"].items():
        is_required, description = name in described.get("required", []), schema.pop("description", "")
        yield {"name": name, "in": "query", "required": is_required, "schema": schema, "description": description}


def _answers(operation: Operation, schemas: Schemas) -> Json:
    return {
        str(status): {"description": "Success, without content."}
        if of is None
        else {"description": "Success.", "content": _json(schemas[of, "serialization"])}
        for status, of in operation.answers.items()
    }


def _errors(rule: Rule, operation: Operation, is_public: bool, schemas: Schemas) -> Json:
    has_body = operation.body or operation.payload or operation.multipart
    statuses = {
        *operation.errors,
        *([] if is_public else [401]),
        *([404] if rule.arguments else []),
        400,  # an unknown query parameter
        *([413] if has_body else []),
    }
    detail, failure = schemas[Detail, "serialization"], schemas[ValidationFailure, "serialization"]
    return {
        str(status): {
            "description": ERRORS[status],
            "content": _json({"anyOf": [failure, detail]} if status == 400 else detail),
        }
        for status in sorted(statuses)
    }


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
