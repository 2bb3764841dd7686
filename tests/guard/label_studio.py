"""A small HTTP server with the answers of Label Studio 1.23.2, as recorded from one."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATH = "/api/organizations/1/memberships"
LEGACY, PERSONAL, ACCESS = "0123456789abcdef", "eyJpersonal.a.b", "eyJaccess.a.b"


class LabelStudio:
    """Its people and projects, which a test changes; the calls that were made."""

    def __init__(self) -> None:
        self.members: list[dict[str, Any]] = []
        self.counts: dict[int, int] = {}
        self.projects: dict[int, tuple[str, int]] = {}
        self.calls: list[str] = []
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.accesses = 0

    def join(self, number: int, email: str, count: int, created: list[int], contributed: list[int], at: str) -> None:
        """Add a member, or change one."""
        named = lambda ids: [{"id": each, "title": self.projects[each][0]} for each in ids]  # noqa: E731  # used twice
        user = {"id": number, "first_name": "Nina 王", "last_name": "", "username": "nina", "email": email}
        user |= {"last_activity": at, "custom_hotkeys": {}, "avatar": None, "initials": "N", "phone": ""}
        member = {"id": number, "organization": 1, "user": user}
        member |= {"created_projects": named(created), "contributed_to_projects": named(contributed)}
        self.members = [each for each in self.members if each["id"] != number] + [member]
        self.counts[number] = count

    def answer(self, path: str, query: dict[str, str]) -> Any:
        """What it answers to this call; None: there is nothing."""
        if path == "/api/organizations/":
            return [
                {"id": 1, "title": "Label Studio", "contact_info": None, "created_at": "2026-11-26T13:19:09.021627Z"}
            ]
        if path == PATH:
            return self._page(self.members, query)
        if path == "/api/projects/":
            listed = [
                {"id": number, "title": title, "total_annotations_number": count}
                for number, (title, count) in self.projects.items()
            ]
            return self._page(listed, query)
        count = self.counts[int(path.rstrip("/").rpartition("/")[2])]
        return {"user": 1, "organization": 1, "contributed_projects_count": 1, "annotations_count": count}

    def _page(self, rows: list[Any], query: dict[str, str]) -> Any:
        size, number = int(query["page_size"]), int(query.get("page", 1))
        following = f"http://localhost/?page={number + 1}" if number * size < len(rows) else None
        return {"count": len(rows), "next": following, "previous": None, "results": rows[(number - 1) * size :][:size]}


@contextmanager
def serving(there: LabelStudio) -> Iterator[str]:
    """Serve it; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            there.calls.append(url.path)
            if self.headers["Authorization"] not in {f"Token {LEGACY}", f"Bearer {ACCESS}"}:
                return self._send(401, b'{"detail": "Invalid token."}')
            status, body = there.answers.get(url.path, (200, b""))
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            return self._send(status, body or json.dumps(there.answer(url.path, query)).encode())

        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert (self.path, sent) == ("/api/token/refresh", {"refresh": PERSONAL})
            there.accesses += 1
            self._send(200, json.dumps({"access": ACCESS}).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "http://localhost:1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
