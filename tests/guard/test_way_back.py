"""From a guarded tool to the login page and back: `next` and LABEL_STUDIO_GUARDED_PATHS."""

from collections.abc import Callable

import pytest
from flask import Flask

from ls.config.settings import ConfigError
from ls.web.htmx import safe_next
from tests.cast import PASSWORD, Cast

ORIGIN = "https://labels.example.org"
HOST = f"{ORIGIN}/roster"
FOLLOWED = [
    "/tool/",
    "/tool",
    "/tool/a%20b",
    "/tool/projects/1/data?tab=2&task=3&q=a%26b#x",
    "/tool/@evil.example",
    "/tool/...",
    "/tool/?next=/../x",
    "/roster",
    "/roster/people/?q=a",
]
REFUSED = [
    "/",
    "/other/",
    "/toolbox/",
    "//evil.example",
    "///evil.example",
    "//user@evil.example/tool/",
    "//evil.example/tool/",
    "https://labels.example.org/tool/",
    "https:/tool/",
    "/\\evil.example",
    "/tool\\..\\x",
    "/tool/%5c..%5Cx",
    "/tool/../other/",
    "/tool/..",
    "/tool/./../other/",
    "/tool/%2e%2e/other/",
    "/tool/.%2E/other/",
    "/tool/%2e%2e%2fother/",
    "/tool/..?x",
    "/tool/..#x",
    "/roster/../other/",
    "/tool/\r\nSet-Cookie: a=b",
    "/tool/\t/x",
    "\t/tool/",
    " /tool/",
    "tool/",
]


@pytest.fixture
def guarding(make_app: Callable[..., Flask]) -> Flask:
    """Roster at /roster/, with a tool at /tool/ of the same host."""
    return make_app(HOST=HOST, GUARDED_PATHS="/tool/")


def test_next_leads_to_named_paths_of_the_host_only(guarding: Flask) -> None:
    with guarding.test_request_context(base_url=HOST):
        assert [target for target in FOLLOWED if safe_next(target) != target] == []
        assert [target for target in REFUSED if safe_next(target)] == []


@pytest.mark.parametrize(
    ("target", "leads_to"), [("/tool/a?b=c&d", "/tool/a?b=c&d"), ("/tool/../x", "/roster/projects/")]
)
def test_logging_in_leads_there(guarding: Flask, target: str, leads_to: str) -> None:
    Cast(guarding).alice(sign_in=False)
    client, site = guarding.test_client(), {"base_url": ORIGIN, "headers": {"Referer": f"{HOST}/user/login/"}}
    page = client.get("/roster/user/login/", **site).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    data = {"email": "alice@example.org", "password": PASSWORD, "csrf_token": token, "next": target}
    answer = client.post("/roster/user/login/", data=data, **site)
    assert (answer.status_code, answer.headers["Location"]) == (302, leads_to)


@pytest.mark.parametrize("target", ["/tool/", "/other/", "/roster/../tool/"])
def test_without_the_setting_nothing_leaves_the_prefix(make_app: Callable[..., Flask], target: str) -> None:
    client = make_app(HOST=HOST).test_client()
    answer = client.get("/roster/auth/login" + target, base_url=ORIGIN)
    assert answer.headers["Location"] == "/roster/user/login/"


def test_the_way_to_the_login_page_keeps_the_whole_address(guarding: Flask) -> None:
    client = guarding.test_client()
    for wanted, kept in {
        "/tool/data?tab=2&task=3&q=a%26b": "/tool/data?tab%3D2%26task%3D3%26q%3Da%2526b",
        "/tool/%E7%8E%8B%20x": "/tool/%25E7%258E%258B%2520x",
    }.items():
        answer = client.get(f"/roster/auth/login{wanted}", base_url=ORIGIN)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/roster/user/login/?next={kept}")


def test_a_tool_may_have_the_whole_host(make_app: Callable[..., Flask]) -> None:
    client = make_app(HOST=HOST, GUARDED_PATHS="/").test_client()
    for wanted, kept in {"/": "?next=/", "/projects/?a=b": "?next=/projects/?a%3Db"}.items():
        answer = client.get(f"/roster/auth/login{wanted}", base_url=ORIGIN)
        assert answer.headers["Location"] == f"/roster/user/login/{kept}"
    assert client.get("/roster/auth/login//evil.example", base_url=ORIGIN).status_code == 404


@pytest.mark.parametrize("value", ["tool/", "/a/../b", "//evil.example", "https://evil.example/", "/a b/%2e", "/a?b"])
def test_what_is_no_path_is_refused_at_the_start(make_app: Callable[..., Flask], value: str) -> None:
    with pytest.raises(ConfigError, match="LABEL_STUDIO_GUARDED_PATHS"):
        make_app(GUARDED_PATHS=value)
