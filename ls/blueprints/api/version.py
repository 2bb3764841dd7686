"""The release, as Label Studio's clients ask for it when they start."""

from flask import Response
from typing_extensions import TypedDict

from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import api_operation, json_response
from ls.version import versions
from ls.web.auth import public

Package = dict[str, str]
Versions = TypedDict(
    "Versions",
    {
        "release": str,
        "edition": str,
        "label-studio-os-package": Package,
        "label-studio-os-backend": Package,
        "label-studio-frontend": Package,
        "label-studio-converter": Package,
        "backend": Package,
        "dm2": Package,
        "lsf": Package,
    },
)


@api.get("/api/version")
@public
@api_operation("Read the release", tag="Version", answers={200: Versions})
def get_version() -> Response:
    """The release of this server; no credential is needed."""
    return json_response(Versions, versions())
