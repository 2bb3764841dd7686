"""A tool behind both Python files of deploy/guard/: a small Django project, which says whom it takes a request for."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from tests.server import ROOT

SECRET = "0123456789abcdef" * 2
TOLD = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_X_ROSTER_EMAIL", "HTTP_REMOTE_USER")


def tell(request: HttpRequest, _path: str) -> HttpResponse:
    """Whom the request is taken for, and what it brings."""
    user, headers = request.user, {name: request.META[name] for name in TOLD if name in request.META}
    said = {"email": getattr(user, "email", None), "name": getattr(user, "first_name", None), "headers": headers}
    said |= {"organizations": user.organizations.count() if user.is_authenticated else 0}
    return HttpResponse(json.dumps(said | {"has_last_login": "last_login" in request.session}))


urlpatterns = [re_path("^(.*)$", tell)]


class Quiet(WSGIRequestHandler):
    """Without an access log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def set_up(folder: Path) -> None:
    """Make the project, with an empty database in that folder."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # after a browser test, Playwright's event loop is in this thread
    sys.path[:0] = [str(ROOT / "deploy" / "guard"), str(ROOT / "tests" / "guard" / "project")]
    os.environ |= {"DJANGO_SETTINGS_MODULE": "roster_settings", "ROSTER_SECRET": SECRET, "TOOL": str(folder)}
    django.setup()
    from organizations.models import Organization, User  # noqa: PLC0415  # only now is Django set up

    with connection.schema_editor() as editor:
        editor.create_model(Organization)
        editor.create_model(User)


@contextmanager
def serving() -> Iterator[int]:
    """Serve it on a free port."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
