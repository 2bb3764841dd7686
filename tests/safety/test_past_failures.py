"""What went wrong in Label Studio itself, by name, tried against us over HTTP."""

import io
import re
import stat
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User
from ls.security.secret_key import FILE_NAME
from tests.cast import PASSWORD, Browser, Cast, Person, session_cookie
from tests.factories import a_project, a_task
from tests.pictures import drawing, saved
from tests.safety.routes import calls

Make = Callable[..., Flask]
SCRIPT = b"<script>alert(document.domain)</script>"
HANDLER = "\"><img src=x onerror=alert(1)><script>alert('stored')</script>"


@pytest.fixture
def team(cast: Cast) -> tuple[Person, Person]:
    """Alice and Bob, signed in."""
    return cast.alice(), cast.bob()


# CVE-2023-47115: a picture was served by the extension of its name, so evil.html ran as a page.


def polyglots() -> dict[str, bytes]:
    """Real pictures that are pages too."""
    png, jpeg, gif = (saved(drawing(), kind) for kind in ("PNG", "JPEG", "GIF"))
    return {
        "evil.html": png + SCRIPT,
        "evil.svg": jpeg[:2] + b"\xff\xfe" + (len(SCRIPT) + 2).to_bytes(2) + SCRIPT + jpeg[2:],
        "evil.php": gif[:-1] + b"\x21\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\0" + gif[-1:],
        "../../evil.html": png + SCRIPT,
        "evil.png.html\0.png": png + SCRIPT,
    }


def is_only_a_picture(answer: TestResponse) -> None:
    assert answer.status_code == 200
    assert answer.mimetype in {"image/png", "image/jpeg"}
    assert SCRIPT not in answer.data
    assert b"<script" not in answer.data.lower()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "private" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", polyglots())
@pytest.mark.parametrize("door", ["page", "API"])
def test_cve_2023_47115_a_picture_is_never_served_as_a_page(app: Flask, cast: Cast, name: str, door: str) -> None:
    alice = cast.alice()
    file = (io.BytesIO(polyglots()[name]), name, "text/html")
    if door == "page":
        assert alice.browser.post("/user/account/avatar", {"avatar": file}, page="/user/account/").status_code == 303
    else:
        path = f"/api/users/{alice.id}/avatar/"
        assert app.test_client().post(path, data={"avatar": file}, headers=alice.auth).status_code == 200
    whoami = app.test_client().get("/api/current-user/whoami", headers=alice.auth).json
    assert whoami
    path = whoami["avatar"]
    assert re.fullmatch(r"/data/avatars/[0-9a-f]{40}\.(png|jpg)", path)
    is_only_a_picture(alice.browser.get(path))
    assert app.test_client().get(path).status_code == 302  # for members only
    for other in (path.replace(".png", ".html").replace(".jpg", ".html"), f"{path}.html", f"{path}/evil.html"):
        assert alice.browser.get(other).status_code == 404


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"<html>" + SCRIPT, b"%PDF-1.7", b""],
)
def test_cve_2023_47115_what_is_no_picture_is_not_stored(app: Flask, cast: Cast, content: bytes) -> None:
    alice = cast.alice()
    file = {"avatar": (io.BytesIO(content), "me.png", "image/png")}
    assert alice.browser.post("/user/account/avatar", file, page="/user/account/").status_code == 422
    file = {"avatar": (io.BytesIO(content), "me.png", "image/png")}
    answer = app.test_client().post(f"/api/users/{alice.id}/avatar/", data=file, headers=alice.auth)
    assert answer.status_code == 400


# CVE-2023-43791: every installation signed with one secret key that stood in the code.


def test_cve_2023_43791_two_installations_never_share_a_key(make_app: Make, tmp_path: Path) -> None:
    homes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        homes.append(make_app(SECRET_KEY=None, BASE_DATA_DIR=str(tmp_path / name), DATABASE_URL=""))
    keys = [app.config["SECRET_KEY"] for app in homes]
    assert len(set(keys)) == 2
    assert all(len(key) >= 48 for key in keys)
    alice, twin = (Cast(app).alice() for app in homes)
    cookie = alice.browser.client.get_cookie(session_cookie(homes[0]))
    assert cookie is not None
    thief = homes[1].test_client()
    thief.set_cookie(session_cookie(homes[1]), cookie.value)
    assert thief.get("/user/account/").status_code == 302
    assert thief.get("/api/current-user/whoami", headers=alice.auth).status_code == 401
    assert twin.id == alice.id


def test_no_key_stands_in_the_code() -> None:
    code = "\n".join(path.read_text() for path in [*Path("ls").rglob("*.py"), Path("app.py"), Path("wsgi.py")])
    assert not re.search(r"SECRET_KEY\W+[\"'][^\"']{16,}", code)
    files = [path for path in Path("deploy").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    deployed = "\n".join(path.read_text() for path in files)
    assert not re.search(r"SECRET_KEY=\S{16,}", deployed)


# CVE-2023-47117: ordering and filtering followed the ORM into secret columns, which told them letter by letter.

SECRETS = [
    *("password_hash", "user__password", "created_by__password", "auth_token__key", "digest", "invite_nonce"),
    *("(select password_hash from users)", "__class__"),
]
LISTS = ("memberships", "people/", "activity-logs/", "projects/", "tasks/", "events/")
KEYS = ("ordering", "sort", "order_by", "filters")


def standing(answer: TestResponse) -> object:
    """What is listed, in its order."""
    if answer.is_json:
        return answer.json
    return re.findall(r'id="(?:person|project|event|task)-\d+"|<td[^>]*>([^<]*)', answer.text)


def lists(app: Flask) -> list[str]:
    return [call.path for call in calls(app) if call.method == "GET" and not call.is_public]


def test_cve_2023_47117_no_list_is_ordered_or_filtered_by_a_secret(app: Flask, cast: Cast) -> None:
    people = [cast.person(name, sign_in=name == "zoe") for name in ("zoe", "bob", "ann", "kim")]
    zoe = people[0]
    with app.app_context():
        for person in people:
            a_task(a_project(person.id))
        with write():  # an order of its own for the secret column
            for person, letter in zip(people, "cadb", strict=True):
                db.session.get_one(User, person.id).password_hash = f"$argon2id${letter}"
    leaks = []
    for path in lists(app):
        usual = standing(ask(zoe, path))
        for secret in SECRETS:
            asked = [f"{key}={secret}" for key in KEYS]
            asked += [f"{secret}=%24argon2id%24c", f"{secret}__startswith=%24argon2id"]
            for query in (
                asked
                if path.endswith(("memberships", "people/", "activity-logs/", "projects/", "tasks/"))
                else asked[:2]
            ):
                answer = ask(zoe, f"{path}?{query}")
                if answer.status_code not in {400, 404} and standing(answer) != usual:
                    leaks.append((path, query))
                assert "$argon2id$" not in answer.text, (path, query)
    assert leaks == []


def ask(person: Person, path: str) -> TestResponse:
    return person.browser.get(path, buffered=True)


# CVE-2026-22033: a script stored in custom_hotkeys ran in everybody's browser, and took their tokens.


def test_cve_2026_22033_nothing_stored_in_a_profile_runs(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    client = app.test_client()
    profile = dict.fromkeys(("first_name", "last_name", "phone", "username"), HANDLER)
    assert client.patch(f"/api/users/{bob.id}/", json=profile, headers=bob.auth).status_code == 200
    for hotkeys in ({"a:b": {"key": HANDLER}}, {f"a:{HANDLER}": {"key": "x"}}, {"</script>:b": {"key": "</script>"}}):
        client.patch("/api/current-user/hotkeys/", json={"custom_hotkeys": hotkeys}, headers=bob.auth)
    with app.app_context():
        a_task(a_project(bob.id, HANDLER, description=HANDLER), HANDLER)
    assert HANDLER in unescape(alice.browser.get("/people/").text)  # it is shown
    for call in calls(app, number=bob.id):
        if call.method != "GET":
            continue
        answer = alice.browser.get(call.path, buffered=True)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        if answer.mimetype == "text/html":
            assert "<img src=x" not in answer.text, call
            assert "alert('stored')</script>" not in answer.text, call
        else:
            assert (
                answer.mimetype in {"application/json", "text/css", "text/csv", "image/png"}
                or answer.status_code >= 300
            ), call


def test_cve_2026_22033_nobody_changes_somebody_elses_profile(app: Flask, team: tuple[Person, Person]) -> None:
    alice, bob = team
    client = app.test_client()

    def seen() -> object:
        return {**(client.get(f"/api/users/{bob.id}/", headers=bob.auth).json or {}), "last_activity": None}

    before = seen()
    for body in ({"first_name": "Owned"}, {"custom_hotkeys": {"a:b": {"key": "x"}}}, {}):
        answer = client.patch(f"/api/users/{bob.id}/", json=body, headers=alice.auth)
        assert answer.status_code == 403
    file = {"avatar": (io.BytesIO(saved(drawing(), "PNG")), "me.png")}
    assert client.post(f"/api/users/{bob.id}/avatar/", data=file, headers=alice.auth).status_code == 403
    assert client.delete(f"/api/users/{bob.id}/avatar/", headers=alice.auth).status_code == 403
    assert seen() == before


# The key file, and everything else of worth, could be read by every user of the machine.


def test_nothing_in_the_data_folder_is_readable_by_others(make_app: Make, tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    app = make_app(SECRET_KEY=None, BASE_DATA_DIR=str(folder), DATABASE_URL="")
    Cast(app).alice()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if not path.name.endswith(".lock")
    }
    assert FILE_NAME in modes
    assert set(modes.values()) == {0o600}, modes


# Accounts made by API had a password that nobody knew, and no way to set one.


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_an_account_made_by_api_can_sign_in(app: Flask, cast: Cast, password: str | None) -> None:
    alice = cast.alice(sign_in=False)
    body = {"email": "new@example.org", **({"password": password} if password else {})}
    made = app.test_client().post("/api/users/", json=body, headers=alice.auth)
    assert made.status_code == 201
    assert made.json
    if password is None:
        path = urlsplit(made.json["set_password_url"]).path
        assert Browser(app).post(path, {"password": PASSWORD}, page=path).status_code == 303
        assert app.test_client().get(path).status_code == 404  # once
    browser = Browser(app)
    assert browser.sign_in("new@example.org").status_code == 302
    assert browser.get("/projects/").status_code == 200


# Secure cookies on plain http: the browser dropped them, and signing in led back to the login page for ever.


def signs_in(client: FlaskClient, email: str, base: str, prefix: str = "") -> list[int]:
    """The statuses of the form, its answer, and the page that it leads to."""
    page = client.get(f"{prefix}/user/login/", base_url=base)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    form = {"csrf_token": token[1], "email": email, "password": PASSWORD}
    done = client.post(f"{prefix}/user/login/", data=form, base_url=base, headers={"Referer": f"{base}/"})
    arrived = client.get(done.headers["Location"], base_url=base)
    return [page.status_code, done.status_code, arrived.status_code]


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("", "http://localhost"),
        ("", "http://127.0.0.1:8080"),
        ("", "http://192.168.1.7:8080"),
        ("http://lab.example", "http://lab.example"),
        ("https://lab.example/ls", "https://lab.example"),
    ],
)
def test_signing_in_never_loops(make_app: Make, host: str, base: str) -> None:
    app = make_app(HOST=host)
    alice = Cast(app).alice(sign_in=False)
    assert signs_in(app.test_client(), alice.email, base, urlsplit(host).path) == [200, 302, 200]
