"""The documentation of the API: an OpenAPI document and a page made from it."""

from flask import Response, current_app, jsonify, make_response, render_template, request

from ls.blueprints.api.blueprint import api
from ls.blueprints.api.openapi import ERRORS, Json, openapi_document
from ls.web.auth import public


@api.get("/docs/api")
@public
def docs() -> Response:
    """A readable page, or the OpenAPI document for clients that ask for JSON."""
    if _wants_json():
        response = docs_json()
    else:
        document = openapi_document(current_app, "")
        values = {"calls": _calls(document), "schemas": document["components"]["schemas"], "errors": ERRORS}
        response = make_response(render_template("api/docs.html", **values))
    response.vary.add("Accept")
    return response


@api.get("/docs/api.json")
@public
def docs_json() -> Response:
    """The OpenAPI document."""
    return jsonify(openapi_document(current_app, request.script_root))


def _wants_json() -> bool:
    if "format" in request.args:
        return request.args["format"] in {"json", "openapi", "openapi-json"}
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def _calls(document: Json) -> dict[str, list[tuple[str, Json]]]:
    """The operations by tag, each after its method and path."""
    calls: dict[str, list[tuple[str, Json]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            calls.setdefault(operation["tags"][0], []).append((f"{method.upper()} {path}", operation))
    return calls
