"""deploy/guard/: both samples as shipped, a tool with the shipped settings and middleware, and all that is forged."""

import logging
import re

import pytest

from tests.cast import PASSWORD
from tests.guard import tool
from tests.guard.conftest import OWNER, TOKEN, Site, said_at
from tests.server import Visitor

FORGED = {
    "plain": "X-Roster-Email: owner@example.org\r\nX-Roster-User: 1",
    "mixed case": "x-rOsTeR-eMaIl: owner@example.org\r\nX-ROSTER-USER: 1",
    "doubled": "X-Roster-User: 1\r\nX-Roster-Email: nina@example.org\r\nX-Roster-Email: owner@example.org",
    "doubled, the first empty": "X-Roster-User:\r\nX-Roster-User: 1\r\nX-Roster-Email:\r\nX-Roster-Email: o@x.example",
    "commas": "X-Roster-User: 1\r\nX-Roster-Email: nina@example.org, owner@example.org",
    "underscores": "X_Roster_User: 1\r\nX_Roster_Email: owner@example.org",
    "a mixture": "X-Roster_User: 1\r\nX_Roster-Email: owner@example.org",
    "email alone": "X-Roster-Email: owner@example.org",
    "user alone": "X-Roster-User: 1",
    "Remote-User": "Remote-User: owner@example.org",
    "wrong secret": "X-Roster-Secret: 0\r\nX-Roster-User: 1\r\nX-Roster-Email: owner@example.org",
}


def test_what_is_forged_is_refused_at_the_proxy(site: Site) -> None:
    for number, forged in enumerate(FORGED.values(), 1):
        assert site.ask("/api/x", forged)[0] == 401
        assert len(site.log.read_text().splitlines()) == number + 1  # after that of /roster/health


def test_a_token_that_is_not_rosters_proves_nothing_else(site: Site) -> None:
    for name, forged in {"nothing": "", **FORGED}.items():
        status, said, _ = site.ask("/api/x", forged, "Authorization: Token none")
        if site.takes_own_tokens and name in {"nothing", "underscores", "a mixture", "doubled, the first empty"}:
            assert (status, said["email"], said["headers"]) == (200, None, {"HTTP_AUTHORIZATION": "Token none"})
        else:
            assert status == 401
    assert site.ask("/projects/", "Authorization: Token none")[0] == 302


def test_who_is_logged_in_can_forge_nobody_else(site: Site) -> None:
    cookie = site.cookie(site.join("nina@example.org"))
    for forged in FORGED.values():
        status, said, _ = site.ask("/", forged, cookie)
        assert (status, said.get("email")) in {(401, None), (200, "nina@example.org")}


def test_who_is_logged_in_cannot_have_the_proxy_drop_their_name(site: Site) -> None:
    cookie = site.cookie(OWNER)
    for hidden in ("X-Roster-User, X-Roster-Email, X-Roster-Name", "X-Roster-Secret", "X-Roster-User"):
        status, said, _ = site.ask("/", f"Connection: {hidden}", cookie)
        assert (status, said["email"]) == (200, OWNER), hidden


@pytest.mark.parametrize("secret", [None, "", "0", f"{tool.SECRET}, {tool.SECRET}", tool.SECRET[:-1], "é"])
def test_what_is_sent_past_the_proxy_is_refused(
    tool_port: int, secret: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    sent = "" if secret is None else f"X-Roster-Secret: {secret}"
    for number, forged in enumerate(["", *FORGED.values()], 1):
        assert said_at(tool_port, "/a%0d%0ab", forged, sent)[0] == 401
        told = [record for record in caplog.records if record.name == "roster_guard"]
        assert (len(told), told[-1].levelno) == (number, logging.WARNING)
        assert "X-Roster-Secret is " in told[-1].getMessage()
        assert "\n" not in told[-1].getMessage()


def test_a_proxy_that_names_nobody_clearly_is_refused(tool_port: int, caplog: pytest.LogCaptureFixture) -> None:
    proven, fine = f"X-Roster-Secret: {tool.SECRET}", {"plain", "mixed case", "underscores", "a mixture", "Remote-User"}
    for number, name in enumerate(FORGED.keys() - fine, 1):
        assert said_at(tool_port, "/", proven, FORGED[name])[0] == 401
        assert len([record for record in caplog.records if record.name == "roster_guard"]) == number


def test_a_visitor_is_sent_to_roster_and_back(site: Site) -> None:
    status, _, head = site.ask("/projects/1/data?tab=2&task=3")
    assert (status, location(head)) == (302, "/roster/user/login/?next=/projects/1/data?tab%3D2%26task%3D3")
    assert site.ask("/roster-check")[0] in {302, 404}
    visitor = Visitor(f"http://localhost:{site.port}")
    page = location(head)
    data = {"email": OWNER, "password": PASSWORD, "next": "/projects/1/data?tab=2&task=3"}
    data["csrf_token"] = visitor.csrf(page)
    answer = visitor.http.post("/roster/user/login/", data=data, headers={"Referer": f"{visitor.http.base_url}{page}"})
    assert answer.headers["Location"] == "/projects/1/data?tab=2&task=3"
    assert visitor.http.get(answer.headers["Location"]).json()["email"] == OWNER
    assert visitor.http.post("/projects/", data={"a": "b"}).json()["email"] == OWNER
    visitor.http.close()


def location(head: str) -> str:
    found = next(line for line in head.splitlines() if line.lower().startswith("location: "))
    return found.partition(": ")[2].removeprefix("http://localhost").lstrip(":0123456789")


def test_the_tool_knows_who_it_is_and_gets_nothing_of_theirs(site: Site) -> None:
    said = site.ask("/", site.cookie())[1]
    assert said == {
        "email": OWNER,
        "name": "",
        "organizations": 1,
        "has_last_login": True,
        "headers": {"HTTP_COOKIE": "other=1; last=2", "HTTP_X_ROSTER_EMAIL": OWNER},
    }


def test_a_token_of_roster_opens_the_tool_and_does_not_reach_it(site: Site) -> None:
    for header in (f"Authorization: Token {TOKEN}", f"Authorization: Bearer {TOKEN}", f"X-Api-Key: {TOKEN}"):
        status, said, _ = site.ask("/data/x", header)
        assert (status, said["email"], list(said["headers"])) == (200, OWNER, ["HTTP_X_ROSTER_EMAIL"])


def test_log_out_at_roster_ends_the_tools_session(site: Site) -> None:
    visitor = Visitor(f"http://localhost:{site.port}/roster")
    visitor.sign_in(OWNER)
    tool_url = f"http://localhost:{site.port}/x"
    assert visitor.http.get(tool_url).json()["email"] == OWNER
    session = f"Cookie: sessionid={visitor.http.cookies['sessionid']}"
    visitor.post("/logout", {}, "/logout")
    assert visitor.http.get(tool_url).status_code == 302
    assert site.ask("/api/x", session)[0] == said_at(site.tool, "/", session)[0] == 401
    assert said_at(site.tool, "/", session, f"X-Roster-Secret: {tool.SECRET}")[1]["email"] is None
    visitor.http.close()


def test_deactivation_closes_the_door_at_the_next_click(site: Site) -> None:
    cookie = site.cookie(site.join("charlie@example.org"))
    assert site.ask("/", cookie)[0] == 200
    owner = Visitor(f"http://localhost:{site.port}/roster")
    owner.sign_in(OWNER)
    number = re.search(r'id="person-(\d+)"', owner.http.get("/people/?q=charlie").text)
    assert number
    assert owner.post(f"/people/{number[1]}/deactivation", {}, "/user/account/").status_code == 303
    owner.http.close()
    assert (site.ask("/", cookie)[0], site.ask("/api/x", cookie)[0]) == (302, 401)


def test_who_is_deactivated_in_the_tool_is_told_so(site: Site) -> None:
    from organizations.models import User  # noqa: PLC0415  # only now is Django set up

    email = site.join("dora@example.org")
    cookie = site.cookie(email)
    for is_active, status in ((True, 200), (False, 403)):
        User.objects.filter(email=email).update(is_active=is_active)
        assert (site.ask("/", cookie)[0], User.objects.filter(email=email).exists()) == (status, True)


def test_an_account_with_the_email_is_used_however_it_is_spelled(site: Site) -> None:
    from organizations.models import User  # noqa: PLC0415  # as above

    User.objects.create(email=f"Emil.{site.port}@Example.org")
    assert site.ask("/", site.cookie(site.join(f"emil.{site.port}@example.org")))[1]["organizations"] == 1
    assert User.objects.filter(email__iexact=f"emil.{site.port}@example.org").count() == 1


def test_of_two_accounts_the_one_that_is_spelled_alike_is_used(site: Site) -> None:
    from organizations.models import User  # noqa: PLC0415  # as above

    spelled = f"flo.{site.port}@example.org"
    for email in (spelled.title(), spelled):
        User.objects.create(email=email)
    assert site.ask("/", site.cookie(site.join(spelled)))[1]["email"] == spelled


def test_its_own_log_in_sign_up_and_log_out_lead_to_roster(site: Site) -> None:
    cookie = site.cookie()
    for path in ("/user/login?next=/x", "/user/signup/?token=a", "/logout"):
        status, _, head = site.ask(path, cookie)
        assert (status, location(head)) == (302, f"/roster{path}".replace("/?", "?"))
