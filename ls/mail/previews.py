"""An example of each message, for `roster mail preview` and for the tests."""

from typing import Any

PREVIEWS: dict[str, dict[str, Any]] = {
    "test": {"organization": "Label Studio"},
}
