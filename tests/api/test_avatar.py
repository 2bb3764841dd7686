"""/api/users/<id>/avatar/: one's own picture."""

from io import BytesIO
from typing import Any

from tests.api.conftest import FORBIDDEN, NOT_FOUND, Script, each, invalid
from tests.cast import Person
from tests.pictures import drawing, saved

TOO_LARGE = "Please use an image that is 512 x 512 pixels or smaller."
UNREADABLE = "Can't read image, try another one"
PICTURE = saved(drawing(), "PNG")


def upload(script: Script, user_id: int, data: bytes, field: str = "avatar") -> tuple[int, Any]:
    """Send a picture as a form would."""
    form = {field: (BytesIO(data), "../../me.png", "image/svg+xml")}
    answer = script.call("POST", f"/api/users/{user_id}/avatar/", data=form)
    answer.request.environ["wsgi.input"].close()  # the test client leaves its file of a large upload open
    return answer.status_code, answer.json


def test_a_picture_is_saved_served_and_removed(alice_api: Script, alice: Person) -> None:
    assert upload(alice_api, alice.id, PICTURE) == (200, {"detail": "avatar saved"})
    path = alice_api.get("/api/current-user")["avatar"]
    assert path.startswith("/data/avatars/")
    alice.browser.sign_in(alice.email)
    served = alice.browser.get(path)
    assert (served.status_code, served.mimetype) == (200, "image/png")
    alice_api.send("DELETE", f"/api/users/{alice.id}/avatar/", status=204)
    assert alice_api.get("/api/current-user")["avatar"] is None
    assert alice.browser.get(path).status_code == 404
    alice_api.send("DELETE", f"/api/users/{alice.id}/avatar/", status=204)


def test_the_picture_of_another_user_is_403(alice_api: Script, bob: Person) -> None:
    assert upload(alice_api, bob.id, PICTURE) == (403, FORBIDDEN)
    assert alice_api.send("DELETE", f"/api/users/{bob.id}/avatar/", status=403) == FORBIDDEN
    assert upload(alice_api, 999, PICTURE) == (404, NOT_FOUND)


@each(
    "data,message",
    [
        (b"", UNREADABLE),
        (b"nothing of that kind", UNREADABLE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UNREADABLE),
        (b"x" * 1_048_577, TOO_LARGE),
    ],
)
def test_a_refused_picture_is_400_with_the_reason(alice_api: Script, alice: Person, data: bytes, message: str) -> None:
    assert upload(alice_api, alice.id, data) == (400, invalid(avatar=message))
    assert alice_api.get("/api/current-user")["avatar"] is None


def test_the_field_is_named_avatar(alice_api: Script, alice: Person) -> None:
    status, refused = upload(alice_api, alice.id, PICTURE, field="file")
    assert (status, list(refused["validation_errors"])) == (400, ["avatar"])


def test_a_body_that_is_far_too_large_is_413(alice_api: Script, alice: Person) -> None:
    status, answer = upload(alice_api, alice.id, b"x" * 3_000_000)
    assert (status, list(answer)) == (413, ["detail"])
