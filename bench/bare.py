"""The yardstick: a bare Flask application with one route of ten bytes, served by the very same server.

`python -m bench.bare PORT WORKERS` serves it.
"""

import sys

from flask import Flask

from ls.server import listen, serve

TEN_BYTES = "0123456789"


def bare() -> Flask:
    """Flask alone, with one route."""
    app = Flask("bare")
    app.config["MAIL_HOST"] = None  # the worker asks whether there is a sender to start

    @app.get("/")
    def ten_bytes() -> str:
        return TEN_BYTES

    return app


if __name__ == "__main__":
    serve(bare(), listen("127.0.0.1", int(sys.argv[1])), workers=int(sys.argv[2]), ready=lambda: None)
