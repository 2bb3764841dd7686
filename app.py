"""The application factory; reads like a table of contents."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from ls import blueprints, cli, kept
from ls.config import settings as config
from ls.db import migrate as database
from ls.db.extensions import csrf, db
from ls.security import secret_key
from ls.web import access, compression, cookies, errors, formats, frame, headers, languages
from ls.web import request_log as logs
from ls.web import templates as templating
from ls.web.proxy import Proxy


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Make the application from the environment; `overrides` (setting or Flask names) win over it.

    Raises ConfigError, whose text is one line for the person who starts it.
    """
    app = Flask(__name__, static_folder="ls/static", template_folder="ls/templates")
    app.config.update(config.read(os.environ, overrides))
    app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or secret_key.load_or_make(
        Path(app.config["BASE_DATA_DIR"])
    )
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]  # no view is a coroutine; Flask would look each time

    logs.init_app(app)
    db.init_app(app)
    csrf.init_app(app)
    cookies.init_app(app)
    languages.init_app(app)
    formats.init_app(app)
    templating.init_app(app)
    frame.init_app(app)
    database.init_app(app)
    kept.init_app(app)
    access.init_app(app)
    errors.init_app(app)
    compression.init_app(app)
    if cli.needs_pages():
        blueprints.init_app(app)
    cli.init_app(app)
    app.wsgi_app = Proxy(  # type: ignore[method-assign]  # the documented way to add middleware
        app.wsgi_app, host=app.config["HOST"], trusted=app.config["TRUSTED_PROXIES"]
    )
    headers.init_app(app)  # outermost, so that what the proxy refuses has them too
    return app
