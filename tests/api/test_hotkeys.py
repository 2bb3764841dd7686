"""/api/current-user/hotkeys/: keyboard shortcuts, validated, at most 200."""

from typing import Any

from tests.api.conftest import Script, each

PATH = "/api/current-user/hotkeys/"
GOOD = {
    "annotation:submit": {"key": "ctrl+enter", "active": True},
    "region:delete": {"key": "backspace"},
    "data:skip": {"key": None, "active": False},
    "标注:提交": {"key": "é", "active": False, "description": "x"},
}


def test_hotkeys_are_stored_as_sent_and_replace_the_old_ones(alice_api: Script, bob_api: Script) -> None:
    assert alice_api.get(PATH) == {"custom_hotkeys": {}}
    assert alice_api.send("PATCH", PATH, {"custom_hotkeys": GOOD}) == {"custom_hotkeys": GOOD}
    assert alice_api.get(PATH) == {"custom_hotkeys": GOOD}
    assert alice_api.get("/api/current-user")["custom_hotkeys"] == GOOD
    assert bob_api.get(PATH) == {"custom_hotkeys": {}}
    assert alice_api.send("PATCH", PATH, {"custom_hotkeys": {}}) == {"custom_hotkeys": {}}


@each(
    "hotkeys",
    [
        None,
        [],
        "x",
        {"submit": {"key": "a", "active": True}},
        {"annotation:": {"key": "a", "active": True}},
        {"a:b:c": {"key": "a", "active": True}},
        {"a b:c": {"key": "a", "active": True}},
        {f"a:{'x' * 65}": {"key": "a", "active": True}},
        {"a:b": "ctrl+a"},
        {"a:b": {}},
        {"a:b": {"active": True}},
        {"a:b": {"key": "", "active": True}},
        {"a:b": {"key": 5, "active": True}},
        {"a:b": {"key": None, "active": True}},
        {"a:b": {"key": "x" * 65, "active": True}},
        {"a:b": {"key": "\0", "active": True}},
        {"a:b": {"key": "a", "active": "yes"}},
        {"a:b": {"key": "a", "active": 1}},
        {"a:b": {"key": "a", "active": True, "onclick": "x"}},
        {"a:b": {"key": "a", "active": True, "description": "x" * 257}},
        {"a:b": {"key": None, "active": False, "description": 5}},
        {**GOOD, "a:b": {"key": ""}},
        {f"a:{number}": {"key": "a", "active": True} for number in range(201)},
    ],
)
def test_invalid_hotkeys_are_400_and_the_old_ones_stay(alice_api: Script, hotkeys: Any) -> None:
    alice_api.send("PATCH", PATH, {"custom_hotkeys": GOOD})
    refused = alice_api.send("PATCH", PATH, {"custom_hotkeys": hotkeys}, 400)
    assert list(refused["validation_errors"]) == ["custom_hotkeys"]
    assert alice_api.get(PATH) == {"custom_hotkeys": GOOD}


def test_two_hundred_hotkeys_are_accepted(alice_api: Script) -> None:
    hotkeys = {f"a:{number}": {"key": "a", "active": True} for number in range(200)}
    assert alice_api.send("PATCH", PATH, {"custom_hotkeys": hotkeys}) == {"custom_hotkeys": hotkeys}
