"""/api/version and /version: the release, as Label Studio's clients and whoever runs the server ask for it."""

from flask import Flask

from ls.version import VERSION


def test_everybody_may_ask_for_the_release(app: Flask) -> None:
    answer = app.test_client().get("/api/version").json
    assert (answer["release"], answer["edition"]) == (VERSION, "Community")
    assert answer["label-studio-os-package"] == {"version": VERSION}
    assert "label-studio-enterprise-backend" not in answer
    assert app.test_client().get("/version").json == {**answer, "version": VERSION}
