"""What every template may use."""

from flask import Flask
from jinja2 import StrictUndefined

from ls.names import isolated
from ls.version import VERSION


def init_app(app: Flask) -> None:
    """Set Jinja up: an unknown name is an error, not an empty string."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["version"] = VERSION
    app.add_template_filter(isolated)
