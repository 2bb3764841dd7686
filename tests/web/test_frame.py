"""Pages whose frame is rendered once: what is each reader's own is hers every time."""

import re

from tests.cast import Cast


def test_each_reader_has_her_own_name_token_and_way_back(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    for who, other, path in ((alice, bob, "/people/"), (bob, alice, "/people/?sort=name"), (alice, bob, "/people/")):
        text = who.browser.get(path).get_data(as_text=True)
        assert f"Account of {who.email}" in text
        assert f"Account of {other.email}" not in text
        assert f'name="next" value="{path}"' in text
        assert set(re.findall(r'name="csrf_token" value="([^"]+)"', text)) == {who.browser.csrf("/projects/")}


def test_a_message_is_said_once_though_the_page_is_kept(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    alice.browser.get("/people/")
    alice.browser.post(f"/people/{bob.id}/deactivation", page=f"/people/{bob.id}")
    said = [
        "is deactivated and signed out everywhere" in who.browser.get("/people/").get_data(as_text=True)
        for who in (alice, alice, cast.charlie())
    ]
    assert said == [True, False, False]


def test_the_page_speaks_and_looks_as_its_reader_wants_it(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    assert "<title>People" in alice.browser.get("/people/").get_data(as_text=True)
    bob.browser.post("/user/account/", {"language": "zh_Hans", "appearance": "dark"}, page="/user/account/")
    theirs = bob.browser.get("/people/").get_data(as_text=True)
    assert '<html lang="zh-Hans" data-appearance="dark">' in theirs
    assert "<title>People" not in theirs
    assert '<html lang="en" data-appearance="auto">' in alice.browser.get("/people/").get_data(as_text=True)


def test_what_somebody_types_is_not_taken_for_a_place_in_the_page(cast: Cast) -> None:
    alice = cast.alice()
    token = alice.browser.csrf("/projects/")
    for name in ("csrf_token", "messages", "list", "rows", "q"):
        answer = alice.browser.get("/people/", query_string={"q": f"\0{name}\0"})
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert token not in text.partition('id="people-q"')[2].partition(">")[0]
        assert text.count("<html") == 1
