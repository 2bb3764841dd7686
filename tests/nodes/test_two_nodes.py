"""What one server did, the other knows at once; one that dies takes nothing with it that was acknowledged."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from io import BytesIO

import httpx
import pytest

from tests.cast import PASSWORD
from tests.nodes.site import EMAIL, TOKEN, Site, two_nodes
from tests.pictures import drawing, saved
from tests.server import Visitor

AUTH = {"Authorization": f"Token {TOKEN}"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with two_nodes(tmp_path_factory.mktemp("nodes")) as running:
        yield running


@pytest.fixture
def anna(site: Site) -> Iterator[Visitor]:
    """Anna, signed in through nginx."""
    visitor = site.visitor()
    assert visitor.sign_in(EMAIL).status_code == 302
    yield visitor
    visitor.http.close()


def join(site: Site, email: str) -> Visitor:
    """Somebody new, who came with the invite link."""
    with site.at(0) as client:
        token = client.get("/api/invite", headers=AUTH).json()["token"]
    visitor = site.visitor()
    assert visitor.sign_up(email, token).status_code == 302
    return visitor


def send(site: Site, node: int, visitor: Visitor, path: str, **options: object) -> httpx.Response:
    """A form to one of the servers, with a token that came through nginx from either."""
    form = {"csrf_token": visitor.csrf("/user/account/")}
    with site.at(node, visitor) as client:
        return client.post(path, data=form, **options)


def test_both_started_at_once_and_migrated_and_made_the_account_once(site: Site) -> None:
    said = [node.log.read_text() for node in site.nodes]
    assert sorted("created" if f"User {EMAIL} created" in text else "exists" for text in said) == ["created", "exists"]
    assert [text for text in said if "Traceback" in text] == []
    with site.at(1) as client:
        made = client.get("/api/activity-logs/?event=user_created", headers=AUTH).json()[0]
        assert made["recordsTotal"] == 1
        assert client.get("/api/organizations/1/memberships", headers=AUTH).json()["count"] == 1


def test_nginx_asks_both(site: Site, anna: Visitor) -> None:
    before = [node.log.read_text().count("path=/people/") for node in site.nodes]
    for _ in range(6):
        assert anna.http.get("/people/").status_code == 200
    after = [node.log.read_text().count("path=/people/") for node in site.nodes]
    assert [new > old for new, old in zip(after, before, strict=True)] == [True, True]


@pytest.mark.parametrize("node", [0, 1])
def test_signed_out_at_one_is_signed_out_at_both(site: Site, node: int) -> None:
    visitor = site.visitor()
    visitor.sign_in(EMAIL)
    assert site.pages(visitor) == [200, 200]
    assert send(site, node, visitor, "/logout").status_code == 302
    assert site.pages(visitor) == [302, 302]
    visitor.http.close()


def test_who_is_put_out_at_one_is_out_at_both_with_session_and_token(site: Site, anna: Visitor) -> None:
    bob = join(site, "bob@example.org")
    token = bob.http.get("/api/current-user/token").json()["token"]
    me = bob.http.get("/api/current-user").json()["id"]
    assert (site.pages(bob), site.by_token(1, token)) == ([200, 200], 200)
    assert send(site, 0, anna, f"/people/{me}/deactivation").status_code == 303
    assert (site.pages(bob), site.by_token(1, token)) == ([302, 302], 401)
    assert bob.sign_in("bob@example.org").status_code == 422
    bob.http.close()


def test_a_link_reset_at_one_is_dead_at_the_other(site: Site) -> None:
    with site.at(0) as one, site.at(1) as two:
        old = two.get("/api/invite", headers=AUTH).json()["token"]
        new = one.post("/api/invite/reset-token", headers=AUTH).json()["token"]
        statuses = [two.get(f"/user/signup/?token={token}").status_code for token in (old, new)]
        assert (statuses, two.get("/api/invite", headers=AUTH).json()["token"]) == ([403, 200], new)


def test_a_token_reset_at_one_is_dead_at_the_other(site: Site) -> None:
    chiara = join(site, "chiara@example.org")
    old = chiara.http.get("/api/current-user/token").json()["token"]
    assert send(site, 0, chiara, "/user/account/token/reset").status_code == 303
    with site.at(1, chiara) as client:
        new = client.get("/api/current-user/token").json()["token"]
    assert [site.by_token(node, token) for token in (old, new) for node in (0, 1)] == [401, 401, 200, 200]
    chiara.http.close()


def test_a_picture_saved_at_one_is_served_by_the_other(site: Site, anna: Visitor) -> None:
    picture = {"avatar": ("a.png", BytesIO(saved(drawing(), "PNG")), "image/png")}
    assert send(site, 0, anna, "/user/account/avatar", files=picture).status_code == 303
    with site.at(1, anna) as client:
        found = re.search(r'src="(/data/avatars/[^"]+)"', client.get("/user/account/").text)
        assert found
        assert client.get(found[1]).headers["Content-Type"] == "image/png"


def test_guesses_at_both_are_counted_together(site: Site) -> None:
    guesser, owner = site.visitor("127.0.0.8"), site.visitor("127.0.0.9")
    statuses = Counter(guesser.sign_in(EMAIL, f"wrong guess {number}").status_code for number in range(30))
    assert set(statuses) == {422, 429}
    token = guesser.csrf("/user/login/")
    form = {"csrf_token": token, "email": EMAIL, "password": "one more guess"}
    sent = {"X-Forwarded-For": "127.0.0.8"}
    for node in (0, 1):
        with site.at(node, guesser) as client:
            assert client.post("/user/login/", data=form, headers=sent).status_code == 429
    assert owner.sign_in(EMAIL, PASSWORD).status_code == 302
    for visitor in (guesser, owner):
        visitor.http.close()


def write(site: Site, name: str, until: threading.Event, told: list[tuple[str, int]]) -> None:
    """Create projects one after another, and note what each answer was."""
    with httpx.Client(base_url=site.url, verify=False, headers=AUTH, timeout=10) as client:  # noqa: S501  # made by the test
        number = 0
        while not until.is_set():
            number += 1
            title = f"{name}, number {number}"
            told.append((title, client.post("/api/projects/", json={"title": title}).status_code))


def test_one_that_is_killed_loses_nothing_and_the_other_goes_on(site: Site) -> None:
    until, told = threading.Event(), list[tuple[str, int]]()
    writers = [threading.Thread(target=write, args=[site, f"Writer {n}", until, told]) for n in range(3)]
    for writer in writers:
        writer.start()
    time.sleep(1)
    site.nodes[0].kill()
    killed_after = len(told)
    time.sleep(2)
    until.set()
    for writer in writers:
        writer.join()
    site.nodes[0].start()
    kept = titles(site)
    acknowledged = [title for title, status in told if status == 201]
    assert [title for title in acknowledged if kept[title] != 1] == []
    assert [title for title, times in kept.items() if times > 1] == []  # nginx repeated no write
    assert {status for _, status in told} <= {201, 502}
    assert [status for _, status in told[killed_after:]].count(201) > 20
    assert [status for _, status in told].count(502) <= len(writers) * 2


def titles(site: Site) -> Counter[str]:
    with site.at(1) as client:
        found = client.get("/api/projects/?page_size=1000", headers=AUTH).json()
    assert found["next"] is None
    return Counter(project["title"] for project in found["results"])


def test_both_heal_by_themselves_when_the_database_comes_back(site: Site, anna: Visitor) -> None:
    site.database.stop()
    for node in (0, 1):
        with site.at(node, anna) as client:
            answers = {path: client.get(path) for path in ("/health", "/people/", "/api/projects/", "/user/login/")}
        assert {answer.status_code for answer in answers.values()} == {503}
        assert "Retry-After" in answers["/people/"].headers
        assert "The database does not answer" in answers["/people/"].text
    site.database.start()
    until = time.monotonic() + 10
    while site.pages(anna) != [200, 200] and time.monotonic() < until:
        time.sleep(0.1)
    assert site.pages(anna) == [200, 200]
    assert anna.http.get("/health").status_code == 200
    assert [node.process.poll() for node in site.nodes if node.process] == [None, None]


def test_a_database_that_restarted_between_two_requests_costs_nobody_a_page(site: Site, anna: Visitor) -> None:
    assert site.pages(anna) == [200, 200]
    site.database.stop()
    site.database.start()
    assert site.pages(anna) == [200, 200]
