"""The release's number, written once."""

from typing import Any

VERSION = "1.2.0"


def versions() -> dict[str, Any]:
    """The release under the names that Label Studio's clients know; what there is none of is empty."""
    own, none = {"version": VERSION}, dict[str, str]()
    return {
        "release": VERSION,
        "edition": "Community",
        **dict.fromkeys(("label-studio-os-package", "label-studio-os-backend", "backend"), own),
        **dict.fromkeys(("label-studio-frontend", "label-studio-converter", "dm2", "lsf"), none),
    }
