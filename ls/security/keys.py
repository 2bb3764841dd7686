"""The application's keyring, derived from its secret key."""

from flask import current_app

from ls.security.crypto import Keyring


def keyring() -> Keyring:
    """The keys of this installation, made once per process."""
    extensions = current_app.extensions
    if "keyring" not in extensions:
        extensions["keyring"] = Keyring(current_app.config["SECRET_KEY"])
    found: Keyring = extensions["keyring"]
    return found
