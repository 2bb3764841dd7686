"""The API's documentation, from this server alone: for machines and for people."""

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request

from ls.blueprints.api import api
from ls.blueprints.api.openapi import document
from ls.web.access import public


@api.get("/docs/api")
@public
def docs() -> Response:
    """A readable page, or the OpenAPI document for who asks for JSON."""
    described = document(_app(), request.script_root)
    if _wants_json():
        response = jsonify(described)
    else:
        page = render_template("api/docs.html", document=described, groups=_groups(described))
        response = make_response(page)
    response.vary.add("Accept")
    return response


@api.get("/docs/api.json")
@public
def docs_json() -> Response:
    """The OpenAPI document."""
    return jsonify(document(_app(), request.script_root))


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined, no-any-return]  # noqa: SLF001  # the proxy's own


def _wants_json() -> bool:
    if "format" in request.args:
        return request.args["format"] in {"json", "openapi", "openapi-json"}
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def _groups(described: dict[str, object]) -> dict[str, list[tuple[str, str, dict[str, object]]]]:
    groups: dict[str, list[tuple[str, str, dict[str, object]]]] = {}
    paths: dict[str, dict[str, dict[str, object]]] = described["paths"]  # type: ignore[assignment]  # as built in openapi.py
    for path, methods in paths.items():
        for method, operation in methods.items():
            tag = str(operation["tags"][0])  # type: ignore[index]  # always a list of one
            groups.setdefault(tag, []).append((method.upper(), path, operation))
    return groups
