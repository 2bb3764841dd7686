"""The OpenAPI 3.1 document, made from the definitions that the views validate and serialise with."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, get_args

from flask import Flask
from werkzeug.routing import Rule

from ls.blueprints.api.operation import Operation, adapter
from ls.blueprints.api.schemas import Detail, ValidationFailure
from ls.version import VERSION

REF = "#/components/schemas/{model}"
CONVERTER = re.compile(r"<(?:(?P<type>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
ERRORS = {
    400: "A field is wrong, or the body is no JSON.",
    401: "No credential, or a wrong one.",
    403: "Not yours to do.",
    404: "There is no such thing.",
    405: "This cannot be done to that.",
    409: "The state of things does not allow it.",
    413: "The body is too large.",
    429: "Too many attempts.",
}
SECURITY = {
    "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <token>`"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
}


def document(app: Flask, server: str) -> dict[str, Any]:
    """The whole document, for a server at that path."""
    paths, schemas = _parts(app)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Roster API",
            "version": VERSION,
            "description": "Accounts, organization, projects, tasks and annotations, as Label Studio's SDK speaks.",
        },
        "servers": [{"url": server or "/"}],
        "security": [{name: []} for name in SECURITY],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": SECURITY},
    }


def operations(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    """Every documented call: its rule, its method, its definition."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        described = getattr(app.view_functions[rule.endpoint], "operation", None)
        if described is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method.lower(), described


@lru_cache(maxsize=4)
def _parts(app: Flask) -> tuple[dict[str, Any], dict[str, Any]]:
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for rule, method, described in operations(app):
        path = CONVERTER.sub(lambda found: "{" + found["name"] + "}", rule.rule)
        view = app.view_functions[rule.endpoint]
        paths.setdefault(path, {})[method] = _operation(rule, described, view.__doc__ or "", schemas)
    return paths, schemas


def _operation(rule: Rule, described: Operation, text: str, schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": described.summary,
        "description": text,
        "tags": [described.tag],
        "parameters": [*_path_parameters(rule), *_query_parameters(described, schemas)],
        "responses": _responses(rule, described, schemas),
    }
    if described.public:
        found["security"] = []
    taken = described.body if described.body is not None else described.payload
    if taken is not None:
        content = {"application/json": {"schema": _schema(taken, "validation", schemas)}}
        needed = "required" in adapter(taken).json_schema()
        found["requestBody"] = {"required": needed, "content": content}
    if described.multipart is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": described.multipart}},
        }
    return found


def _path_parameters(rule: Rule) -> Iterator[dict[str, Any]]:
    for found in CONVERTER.finditer(rule.rule):
        kind = {"type": "integer", "minimum": 0} if found["type"] == "int" else {"type": "string"}
        yield {"name": found["name"], "in": "path", "required": True, "schema": kind}


def _query_parameters(described: Operation, schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if described.query is None:
        return
    schema = adapter(described.query).json_schema(ref_template=REF)
    schemas.update(schema.pop("$defs", {}))
    for name, value in schema["properties"].items():
        text = value.pop("description", "")
        yield {"name": name, "in": "query", "required": False, "schema": value, "description": text}


def _responses(rule: Rule, described: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, shape in described.answers.items():
        responses[str(status)] = {"description": "Done." if shape is None else "The answer."}
        if shape is not None:
            content = {"application/json": {"schema": _schema(shape, "serialization", schemas)}}
            responses[str(status)]["content"] = content
    for status in sorted(_errors(rule, described)):
        responses[str(status)] = {"description": ERRORS[status], "content": _error_content(status, schemas)}
    return responses


def _errors(rule: Rule, described: Operation) -> set[int]:
    errors = set(described.errors)
    if not described.public:
        errors.add(401)
    if described.body is not None:
        errors |= {400, 413}
    if described.multipart is not None:
        errors |= {400, 413}
    if described.query is not None:
        errors.add(400)
    if rule.arguments:
        errors.add(404)
    return errors


def _error_content(status: int, schemas: dict[str, Any]) -> dict[str, Any]:
    detail = _schema(Detail, "serialization", schemas)
    if status != 400:
        return {"application/json": {"schema": detail}}
    failure = _schema(ValidationFailure, "serialization", schemas)
    return {"application/json": {"schema": {"anyOf": [failure, detail]}}}


def _schema(shape: Any, mode: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = adapter(shape).json_schema(mode=mode, ref_template=REF)
    schemas.update(schema.pop("$defs", {}))
    title = "Of".join([schema.get("title", ""), *(part.__name__ for part in get_args(shape))])
    if "properties" in schema:
        schemas[title] = schema
        return {"$ref": REF.format(model=title)}
    return dict(schema)
