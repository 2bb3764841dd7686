"""The settings of mail: what each accepts, what they refuse together, and what is only a warning."""

import pytest

from ls.config.settings import ConfigError, read
from ls.config.warnings import warnings_for

SET_UP = {"MAIL_HOST": "mail.example.org", "MAIL_FROM": "Roster <roster@example.org>"}
LOGIN = {"MAIL_USERNAME": "roster", "MAIL_PASSWORD": "hush-hush"}


def environ(**settings: str) -> dict[str, str]:
    return {f"LABEL_STUDIO_{name}": value for name, value in settings.items()}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (587, "starttls")),
        ({"MAIL_SECURITY": "TLS"}, (465, "tls")),
        ({"MAIL_PORT": "465"}, (465, "tls")),
        ({"MAIL_PORT": "465", "MAIL_SECURITY": "none"}, (465, "tls")),
        ({"MAIL_PORT": "2525", "MAIL_SECURITY": "tls"}, (2525, "tls")),
        ({"MAIL_PORT": "25", "MAIL_SECURITY": "none"}, (25, "none")),
        ({"MAIL_HOST": "127.0.0.1", "MAIL_SECURITY": "none", **LOGIN}, (587, "none")),
        ({"MAIL_HOST": "::1", "MAIL_SECURITY": "none", **LOGIN}, (587, "none")),
        ({"MAIL_HOST": "localhost", "MAIL_SECURITY": "none", **LOGIN}, (587, "none")),
    ],
)
def test_port_and_security_follow_from_one_another(given: dict[str, str], expected: tuple[int, str]) -> None:
    found = read(environ(**{**SET_UP, **given}))
    assert (found["MAIL_PORT"], found["MAIL_SECURITY"]) == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"MAIL_FROM": ""}, "LABEL_STUDIO_MAIL_FROM is missing"),
        ({"MAIL_SECURITY": "none", **LOGIN}, "LABEL_STUDIO_MAIL_SECURITY=none would send the password in plain text"),
        ({"MAIL_SECURITY": "none", **LOGIN, "MAIL_HOST": "localhost.example.org"}, "LABEL_STUDIO_MAIL_SECURITY=none"),
        ({"MAIL_USERNAME": "roster"}, "LABEL_STUDIO_MAIL_USERNAME is set without LABEL_STUDIO_MAIL_PASSWORD"),
        ({"MAIL_PASSWORD": "hush-hush"}, "LABEL_STUDIO_MAIL_PASSWORD is set without LABEL_STUDIO_MAIL_USERNAME"),
        ({**LOGIN, "MAIL_PASSWORD": "hush-hush-é"}, "LABEL_STUDIO_MAIL_PASSWORD: holds a letter that is not ASCII"),
        ({**LOGIN, "MAIL_USERNAME": "王"}, "LABEL_STUDIO_MAIL_USERNAME=王: holds a letter that is not ASCII"),
        ({"MAIL_SECURITY": "ssl"}, "LABEL_STUDIO_MAIL_SECURITY=ssl: is neither"),
        ({"MAIL_PORT": "0"}, "LABEL_STUDIO_MAIL_PORT=0: is not between"),
        *(
            ({"MAIL_HOST": host}, f"LABEL_STUDIO_MAIL_HOST={host}: is no host name")
            for host in ("smtp://a", "a:587", "a..b", "a b", "x" * 64, "[::1]")
        ),
        *(
            ({"MAIL_FROM": sender}, "LABEL_STUDIO_MAIL_FROM=")
            for sender in ("nobody", "a@b.org, c@d.org", "王@b.org", "a b@c.org", "<a@b.org", "a@", "Roster <>")
        ),
        ({"MAIL_FROM": "a@b.org\r\nBcc: eve@example.org"}, "LABEL_STUDIO_MAIL_FROM holds a control character"),
    ],
)
def test_what_cannot_work_refuses_in_one_line(given: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(environ(**{**SET_UP, **given}))
    assert str(refused.value).startswith(says)
    assert "\n" not in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_name_before_the_address_may_be_in_any_letters() -> None:
    assert str(read(environ(**SET_UP, HOST="http://a"))["MAIL_FROM"]) == "Roster <roster@example.org>"
    assert read(environ(**{**SET_UP, "MAIL_FROM": "小组 <a@b.org>"}))["MAIL_FROM"].display_name == "小组"


def test_what_has_no_effect_or_leads_nowhere_is_a_warning() -> None:
    assert warnings_for(environ(**SET_UP, HOST="https://example.org")) == []
    assert warnings_for(environ(**SET_UP)) == [
        "LABEL_STUDIO_MAIL_HOST needs LABEL_STUDIO_HOST: links in messages begin with it."
    ]
    assert warnings_for(environ(MAIL_FROM="a@b.org", HOST="https://example.org")) == [
        "LABEL_STUDIO_MAIL_FROM has no effect without LABEL_STUDIO_MAIL_HOST."
    ]
