"""The scripts in examples/ and the documents' snippets, run against a real server."""

import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.cast import PASSWORD
from tests.server import ROOT, RunningServer

EMAIL, TOKEN = "anna@example.org", "example-token-0123456789"
AUTH = {"Authorization": f"Token {TOKEN}"}
DOCUMENT = (ROOT / "docs" / "api.md").read_text()

pytestmark = pytest.mark.sdk


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN}
    with RunningServer(tmp_path_factory.mktemp("examples"), workers=1, **settings) as running:
        yield running


def run(server: RunningServer, name: str, *arguments: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ROSTER_URL": server.url, "ROSTER_TOKEN": token}
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def call(server: RunningServer, method: str, path: str, **options: Any) -> Any:
    answer = httpx.request(method, server.url + path, headers=AUTH, **options)
    assert answer.is_success, answer.text
    return answer.json()


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")  # what a spreadsheet knows UTF-8 by
    return list(csv.reader(StringIO(text[1:])))


def test_every_script_says_how_it_is_used(server: RunningServer) -> None:
    scripts = sorted(path.name for path in (ROOT / "examples").glob("*.py"))
    assert scripts == sorted(re.findall(r"\(\.\./examples/(\w+\.py)\)", DOCUMENT))
    for name in scripts:
        assert "usage:" in run(server, name, "--help").stdout


def test_onboard_makes_who_is_missing_and_writes_links_that_work(server: RunningServer, tmp_path: Path) -> None:
    people, links = tmp_path / "people.csv", tmp_path / "links.csv"
    people.write_text(
        f"email,first_name,last_name\ndora@example.org,Dora,Díaz\n{EMAIL.upper()},,\n=eve@example.org,,\n"
    )
    first = run(server, "onboard.py", str(people), str(links))
    assert (first.returncode, first.stderr) == (0, f"{EMAIL.upper()}: skipped\n")
    assert links.stat().st_mode & 0o777 == 0o600
    [head, dora, eve] = rows(links.read_text())
    assert (head, dora[0], eve[0]) == (["email", "set_password_url"], "dora@example.org", "'=eve@example.org")
    assert "Díaz" in [user["last_name"] for user in call(server, "GET", "/api/users/")]
    assert httpx.get(dora[1]).status_code == 200
    # As a German Excel saves it.
    more = people.read_text().replace(",", ";") + 'fred@example.org;"Fred, Jr";\nno address;;\n'
    people.write_bytes(more.replace("email", "Email").replace("\n", "\r\n").encode("utf-16"))
    again = run(server, "onboard.py", str(people), str(links))
    assert again.returncode == 1
    assert "no address: email: Enter a valid email address" in again.stderr
    assert [row[0] for row in rows(links.read_text())[1:]] == [dora[0], eve[0], "fred@example.org"]


def test_who_did_what_counts_this_month(server: RunningServer) -> None:
    project = call(server, "POST", "/api/projects/", json={"title": "=HYPERLINK(1)"})["id"]
    items = [
        {"data": {}, "annotations": [{"result": []}, {"result": [], "was_cancelled": True}]},
        {"data": {}, "annotations": [{"result": []}, {"result": [], "created_at": "2001-05-03T00:00:00Z"}]},
    ]
    call(server, "POST", f"/api/projects/{project}/import", json=items)
    now = run(server, "who_did_what.py")
    assert (now.returncode, now.stderr) == (0, "")
    head = ["project", "email", "first_name", "last_name", "annotations"]
    assert rows(now.stdout) == [head, ["'=HYPERLINK(1)", EMAIL, "", "", "2"]]
    assert rows(run(server, "who_did_what.py", "--month", "2001-05").stdout)[1][-1] == "1"
    assert rows(run(server, "who_did_what.py", "--month", "2001-06").stdout) == [head]


def test_rotate_tokens_rotates_the_old_and_keeps_the_rest(server: RunningServer, tmp_path: Path) -> None:
    token = call(server, "POST", "/api/token/")["token"]
    old = jwt.encode({"alg": "HS256"}, {"iat": int(time.time()) - 91 * 86400}, OctKey.import_key("x" * 32))
    file = tmp_path / "tokens.txt"
    file.write_text(f"# Anna\n{token}\n\n")
    young = run(server, "rotate_tokens.py", str(file))
    assert (young.returncode, young.stdout) == (0, "line 2: 0 days old, kept\n")
    file.write_text(f"# Anna\n{token}\n\nnonsense\n{old}\n")
    done = run(server, "rotate_tokens.py", str(file), "--days", "0")
    assert (done.returncode, done.stdout) == (1, "line 2: 0 days old, rotated\n")
    assert "line 4: not a personal token\nline 5: 401" in done.stderr
    [title, fresh, *rest] = file.read_text().splitlines()
    assert (title, rest) == ("# Anna", ["", "nonsense", old])
    assert file.stat().st_mode & 0o777 == 0o600
    dead, alive = (httpx.post(f"{server.url}/api/token/refresh/", json={"refresh": one}) for one in (token, fresh))
    assert (dead.status_code, alive.status_code) == (401, 200)


def test_errors_are_one_clear_line(server: RunningServer, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("email\ndora@example.org\n")
    onboard = ("onboard.py", str(people), str(tmp_path / "links.csv"))
    wrong = [run(server, *onboard, token="wrong"), run(server, "who_did_what.py", token="wrong")]
    for done in (*wrong, run(server, "who_did_what.py", "--url", "http://127.0.0.1:1")):
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert all("Invalid token." in done.stderr for done in wrong)
    without = run(server, "who_did_what.py", token="")
    assert (without.returncode, "ROSTER_TOKEN" in without.stderr) == (2, True)
    people.write_text("mail\n")
    assert "has no column email" in run(server, *onboard).stderr
    assert run(server, "rotate_tokens.py", str(tmp_path / "missing")).returncode == 1


def test_the_documents_snippet_runs(server: RunningServer) -> None:
    section = DOCUMENT
    [snippet] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    code = snippet.replace("http://127.0.0.1:8080", server.url)
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TOKEN": TOKEN}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[0] == f"I am {EMAIL}"
    assert re.fullmatch(rf"{EMAIL} \[.*'Street scenes'.*\]", said[1])


def test_the_documents_curl_line_runs(server: RunningServer) -> None:
    [line] = re.findall(r"^ {4}(curl .*)$", DOCUMENT, re.MULTILINE)
    command = line.replace("http://127.0.0.1:8080", server.url)
    done = subprocess.run(["bash", "-c", command], env={**os.environ, "TOKEN": TOKEN}, capture_output=True, check=True)
    assert EMAIL.encode() in done.stdout
