"""The application factory; reads like a table of contents."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from ls import blueprints, cli
from ls.backup import restore
from ls.config import env_file, settings
from ls.db.extensions import csrf, db
from ls.security import secret_key
from ls.web import auth, errors, i18n, proxy, request_log, responses, static, templates


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Make the application from the environment; `overrides` (setting or Flask names) win over it.

    Raises ConfigError, whose text is one line for the person who starts it.
    """
    app = Flask(__name__, static_folder="ls/static", template_folder="ls/templates")
    env_file.load()
    app.config.update(settings.read(os.environ, overrides))
    key = app.config["SECRET_KEY"] or secret_key.load(Path(app.config["BASE_DATA_DIR"]))
    if key is not None:
        secret_key.use(app.config, key)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False

    web = (responses, request_log, proxy, csrf, i18n, templates, static, restore, auth, errors)
    for part in (db, *web, blueprints, cli):
        part.init_app(app)
    return app


roster = cli.roster(create_app)  # the command: [project.scripts] in pyproject.toml
