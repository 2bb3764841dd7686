"""An example of each message, for `roster mail preview` and for the tests."""

from typing import Any

PREVIEWS: dict[str, dict[str, Any]] = {
    "invitation": {
        "organization": "Acme Labels",
        "name": "Anna Kim",
        "email": "bob@example.org",
        "note": "For the street scenes.",
        "until": None,
        "url": "https://example.org/user/signup/?token=1-0123456789abcdef0123456789abcdef01234567",
    },
    "test": {"organization": "Label Studio"},
}
