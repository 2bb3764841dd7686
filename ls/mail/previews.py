"""An example of each message, for `roster mail preview` and for the tests."""

from datetime import UTC, datetime
from typing import Any

SITE, ANNA, NEW = "https://example.org/ls", "anna@example.org", "anna@example.net"
PREVIEWS: dict[str, dict[str, Any]] = {
    "account-change": {
        "kind": "email_changed",
        "former": ANNA,
        "email": NEW,
        "at": datetime(2026, 5, 3, 12, 30, tzinfo=UTC),
        "agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
        "address": "192.0.2.1",
        "is_command": False,
        "undo_url": f"{SITE}/user/account/email/undo/3kVQ",
        "password_url": f"{SITE}/user/forgot-password/",
        "account_url": f"{SITE}/user/account/",
    },
    "email-confirmation": {"old": ANNA, "new": NEW, "url": f"{SITE}/user/account/email/confirm/3kVQ"},
    "sign-up-confirmation": {"email": ANNA, "url": f"{SITE}/user/account/email/sign-up/3kVQ"},
    "password-link": {"email": ANNA, "url": f"{SITE}/user/set-password/3kVQ"},
    "invitation": {
        "organization": "Acme Labels",
        "name": "Anna Kim",
        "email": "bob@example.org",
        "note": "For the street scenes.",
        "until": datetime(2026, 5, 10, 12, 30, tzinfo=UTC),
        "url": f"{SITE}/user/signup/?token=1-0123456789abcdef0123456789abcdef01234567",
    },
    "test": {"organization": "Acme Labels"},
}
