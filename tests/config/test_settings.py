"""Settings: which values each accepts, which source wins, and what prevents the start."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from ls.config.settings import SETTINGS, ConfigError, Setting, read, source
from ls.config.warnings import warnings_for

KEY = "k" * 32
SECRET = "hush-hush"
EXAMPLES = {
    "DISABLE_SIGNUP_WITHOUT_LINK": "on",
    "BASE_DATA_DIR": "/srv",
    "DATABASE_URL": "sqlite:///x",
    "SECRET_KEY": KEY,
    "HOST": "http://a",
    "TRUSTED_PROXIES": "::1",
    "GUARDED_PATHS": "/tool",
    "LANGUAGE": "en",
    "MAIL_HOST": "mail.example.org",
    "MAIL_SECURITY": "tls",
    "MAIL_FROM": "Roster <roster@example.org>",
    "CONFIRM_EMAIL": "on",
    "METRICS": "on",
    "METRICS_TOKEN": KEY,
    "LOG_FORMAT": "json",
}

FROM = {"LABEL_STUDIO_MAIL_FROM": "roster@example.org"}
NEEDED = {"MAIL_HOST": FROM, "CONFIRM_EMAIL": {"LABEL_STUDIO_MAIL_HOST": "mail.example.org", **FROM}}


def one(name: str, value: str) -> Any:
    """The setting as read from its environment variable."""
    return read({f"LABEL_STUDIO_{name}": value})[name]


def refused(environ: dict[str, str]) -> str:
    """The error message, which is always one line."""
    with pytest.raises(ConfigError) as caught:
        read(environ)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_defaults_are_the_contract() -> None:
    found = read({})
    assert {name: found[name] for name in ("HOST", "PORT", "PASSWORD_MIN_LENGTH", "LANGUAGE")} == {
        "HOST": "",
        "PORT": 8080,
        "PASSWORD_MIN_LENGTH": 8,
        "LANGUAGE": "en",
    }
    assert found["DISABLE_SIGNUP_WITHOUT_LINK"] is False
    assert found["MAX_SESSION_AGE"] == 691200
    assert found["MAX_TIME_BETWEEN_ACTIVITY"] == 259200
    assert found["TRUSTED_PROXIES"] == ()
    assert found["LOG_FORMAT"] == "text"
    assert [found[name] for name in ("USERNAME", "PASSWORD", "USER_TOKEN", "SECRET_KEY")] == [None] * 4
    assert found["BASE_DATA_DIR"] == str(Path(__file__).resolve().parents[2] / "instance")


def test_every_setting_has_a_sentence_and_a_default_that_reads_back() -> None:
    for setting in SETTINGS:
        assert setting.meaning[0].isupper()
        assert setting.meaning.endswith(".")
        if setting.default not in (None, (), ""):
            assert setting.parse(setting.default) == setting.default


@pytest.mark.parametrize("word", ["1", "true", "yes", "on", "TRUE", "Yes", "oN"])
def test_true_in_any_case(word: str) -> None:
    assert one("DISABLE_SIGNUP_WITHOUT_LINK", word) is True


@pytest.mark.parametrize("word", ["0", "false", "no", "off", "FALSE", "Off"])
def test_false_in_any_case(word: str) -> None:
    assert one("DISABLE_SIGNUP_WITHOUT_LINK", word) is False


@pytest.mark.parametrize("word", ["2", "ja", "y", "truee", "None"])
def test_any_other_boolean_refuses_and_names_variable_and_value(word: str) -> None:
    text = refused({"LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": word})
    assert text.startswith(f"LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK={word}:")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "http"),
        ("PORT", "٨٠٨٠"),
        ("PORT", "8_0"),
        ("PASSWORD_MIN_LENGTH", "7"),
        ("PASSWORD_MIN_LENGTH", "65"),
        ("MAX_SESSION_AGE", "0"),
        ("MAX_SESSION_AGE", "99999999999"),
        ("MAX_TIME_BETWEEN_ACTIVITY", "1.5"),
        ("LANGUAGE", "de"),
        ("LOG_FORMAT", "xml"),
        ("TRUSTED_PROXIES", "localhost"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_an_invalid_value_is_named(name: str, value: str) -> None:
    assert refused({f"LABEL_STUDIO_{name}": value}).startswith(f"LABEL_STUDIO_{name}={value}:")


def test_limits_are_inclusive() -> None:
    assert (one("PASSWORD_MIN_LENGTH", "8"), one("PASSWORD_MIN_LENGTH", "64")) == (8, 64)
    assert (one("PORT", "0"), one("PORT", " 65535 ")) == (0, 65535)
    assert one("MAX_SESSION_AGE", "1") == 1


@pytest.mark.parametrize("word", ["zh-hans", "zh-Hans", "ZH-HANS", "zh_Hans"])
def test_chinese_in_any_spelling(word: str) -> None:
    assert one("LANGUAGE", word) == "zh_Hans"


def test_proxies_by_comma_or_space() -> None:
    expected = tuple(map(ip_network, ("10.0.0.0/8", "127.0.0.1", "::1")))
    assert one("TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1 ::1,") == expected
    assert one("TRUSTED_PROXIES", " ") == ()
    assert read({}, {"TRUSTED_PROXIES": expected})["TRUSTED_PROXIES"] == expected


@pytest.mark.parametrize(
    ("given", "expected", "prefix"),
    [
        ("https://example.org", "https://example.org", ""),
        ("HTTPS://Example.ORG:443/", "https://example.org", ""),
        ("http://10.1.2.3:80/ls/", "http://10.1.2.3/ls", "/ls"),
        ("http://localhost:8080", "http://localhost:8080", ""),
        ("https://[2001:DB8::1]:8443/a/b", "https://[2001:db8::1]:8443/a/b", "/a/b"),
        ("", "", ""),
    ],
)
def test_host_is_normalised(given: str, expected: str, prefix: str) -> None:
    found = read({"LABEL_STUDIO_HOST": given})
    assert (found["HOST"], found["PREFIX"]) == (expected, prefix)


@pytest.mark.parametrize(
    "given",
    [
        "example.org",
        "ftp://example.org",
        "https://",
        "https://example.org?x=1",
        "https://example.org/#",
        "https://user@example.org",
        "https://example.org:99999",
        "https://exa mple.org",
        "https://my_service",
        "https://example.org/a//b",
        "https://example.org/../x",
        "https://example.org/%2e",
        "https://example.org\\evil",
        "https://[::1",
        "//example.org",
    ],
)
def test_a_host_that_is_no_base_url_refuses(given: str) -> None:
    assert "LABEL_STUDIO_HOST=" in refused({"LABEL_STUDIO_HOST": given})


def test_cookies_follow_the_scheme() -> None:
    plain = read({"LABEL_STUDIO_HOST": "http://example.org/ls"})
    secure = read({"LABEL_STUDIO_HOST": "https://example.org/ls"})
    assert (plain["SESSION_COOKIE_SECURE"], secure["SESSION_COOKIE_SECURE"]) == (False, True)
    for found in (plain, secure):
        assert found["SESSION_COOKIE_HTTPONLY"] is True
        assert (found["SESSION_COOKIE_SAMESITE"], found["SESSION_COOKIE_PATH"]) == ("Lax", "/")
        assert found["PERMANENT_SESSION_LIFETIME"] == 3650 * 86_400  # the database ends sessions


def test_a_picture_that_is_too_large_still_reaches_the_view() -> None:
    found = read({})
    assert found["MAX_CONTENT_LENGTH"] > 1.5 * 1024 * 1024
    assert found["WTF_CSRF_TIME_LIMIT"] is None


def test_the_database_is_in_the_data_folder(tmp_path: Path) -> None:
    folder = tmp_path / "odd ?#% name"
    uri = read({"LABEL_STUDIO_BASE_DATA_DIR": str(folder)})["SQLALCHEMY_DATABASE_URI"]
    assert make_url(uri).database == str(folder / "roster.sqlite3")


@pytest.mark.parametrize(
    ("present", "used"),
    [
        (["labelling.sqlite3"], "labelling.sqlite3"),
        (["roster.sqlite3"], "roster.sqlite3"),
        (["labelling.sqlite3", "roster.sqlite3"], "roster.sqlite3"),
    ],
)
def test_a_database_of_an_older_installation_keeps_its_name(tmp_path: Path, present: list[str], used: str) -> None:
    for name in present:
        (tmp_path / name).touch()
    uri = read({"LABEL_STUDIO_BASE_DATA_DIR": str(tmp_path)})["SQLALCHEMY_DATABASE_URI"]
    assert make_url(uri).database == str(tmp_path / used)


def test_a_relative_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert one("BASE_DATA_DIR", "data") == str(tmp_path / "data")
    assert one("BASE_DATA_DIR", "") == read({})["BASE_DATA_DIR"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_uses_psycopg(scheme: str) -> None:
    uri = read({"LABEL_STUDIO_DATABASE_URL": f"{scheme}://u:p%40w@db:5433/ls?sslmode=require"})
    assert uri["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://u:p%40w@db:5433/ls?sslmode=require"


def test_a_relative_sqlite_file_stands_in_the_data_folder(tmp_path: Path) -> None:
    environ = {"LABEL_STUDIO_BASE_DATA_DIR": str(tmp_path), "LABEL_STUDIO_DATABASE_URL": "sqlite:///a.db"}
    assert make_url(read(environ)["SQLALCHEMY_DATABASE_URI"]).database == str(tmp_path / "a.db")
    environ["LABEL_STUDIO_DATABASE_URL"] = "sqlite:////srv/b.db"
    assert make_url(read(environ)["SQLALCHEMY_DATABASE_URI"]).database == "/srv/b.db"


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://root:{SECRET}@db/x",
        f"postgresql+psycopg2://root:{SECRET}@db/x",
        f"no url {SECRET}",
        f"postgresql://u:{SECRET}@db:port/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///a%00b",
        f"postgresql://u:{SECRET}@db/x?schema=public",
        f"postgresql://u:{SECRET}@db/x?sslmode=require&pgbouncer=true",
        f"postgresql://u:{SECRET}@db/x?prepare_threshold=0",
        f"postgresql://u:{SECRET}@db/x?port=soon",
        f"postgresql://u:{SECRET}@db/x?host=a,b&port=1,2,3",
        f"sqlite:///x.db?password={SECRET}",
    ],
)
def test_another_database_refuses_without_showing_the_password(url: str) -> None:
    text = refused({"LABEL_STUDIO_DATABASE_URL": url})
    assert text.startswith("LABEL_STUDIO_DATABASE_URL:")
    assert SECRET not in text


def test_a_short_secret_key_refuses_unseen() -> None:
    text = refused({"LABEL_STUDIO_SECRET_KEY": SECRET})
    assert "32 bytes" in text
    assert SECRET not in text
    assert one("SECRET_KEY", KEY) == KEY
    assert one("SECRET_KEY", "密" * 11) == "密" * 11


def test_a_file_holds_any_value(tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_bytes(b"\xef\xbb\xbf pass word \r\n")
    assert read({"LABEL_STUDIO_PASSWORD_FILE": f"{file}\r"})["PASSWORD"] == "pass word"
    for setting in SETTINGS:
        text = EXAMPLES.get(setting.name, "64")
        file.write_text(text + "\n", encoding="utf-8")
        assert source(setting, {f"{setting.variable}_FILE": str(file)})[1] == text


def test_a_value_and_its_file_at_once_refuse(tmp_path: Path) -> None:
    environ = {"LABEL_STUDIO_PASSWORD": SECRET, "LABEL_STUDIO_PASSWORD_FILE": str(tmp_path / "p")}
    text = refused(environ)
    assert "LABEL_STUDIO_PASSWORD and LABEL_STUDIO_PASSWORD_FILE" in text
    assert SECRET not in text


def test_a_file_that_cannot_be_read_refuses(tmp_path: Path) -> None:
    text = refused({"LABEL_STUDIO_PORT_FILE": str(tmp_path / "gone")})
    assert text.startswith("LABEL_STUDIO_PORT_FILE=")
    assert "No such file" in text
    folder = refused({"LABEL_STUDIO_PORT_FILE": str(tmp_path)})
    assert folder == f"LABEL_STUDIO_PORT_FILE={tmp_path}: cannot read the file: Is a directory"
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert "UTF-8" in refused({"LABEL_STUDIO_PASSWORD_FILE": str(tmp_path / "binary")})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_control_character_refuses_whichever_setting_has_it(setting: Setting, tmp_path: Path) -> None:
    for odd in "\0\t\r\n\x1b\x7f\x85":
        says = f"{setting.variable} holds a control character"
        assert refused({setting.variable: f"1{odd}1{SECRET}"}).startswith(says)
        with pytest.raises(ConfigError, match=says):
            read({}, {setting.name: f"1{odd}1"})
    (tmp_path / "value").write_text(f"1\n1{SECRET}\n")
    by_file = refused({setting.file_variable: str(tmp_path / "value")})
    assert by_file.startswith(f"{setting.file_variable} holds a control character")
    assert SECRET not in by_file


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
@pytest.mark.parametrize("empty", ["", " ", "\r", "\t \r\n"])
def test_empty_is_unset_whichever_setting_it_is(setting: Setting, empty: str, tmp_path: Path) -> None:
    (tmp_path / "value").write_text(empty)
    for environ in (
        {setting.variable: empty},
        {setting.file_variable: empty},
        {setting.variable: empty, setting.file_variable: empty},
        {setting.file_variable: str(tmp_path / "value")},
    ):
        assert read(environ) == read({})
        assert warnings_for(dict.fromkeys(environ, empty)) == []
    assert read({}, {setting.name: empty}) == read({})
    (tmp_path / "value").write_text("64")
    if setting.name == "PORT":
        assert read({setting.variable: "", setting.file_variable: str(tmp_path / "value")})["PORT"] == 64


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_white_space_around_a_value_is_dropped(setting: Setting) -> None:
    text, others = EXAMPLES.get(setting.name, "64"), NEEDED.get(setting.name, {})
    plain = read({**others, setting.variable: text})
    assert read({**others, setting.variable: f" {text} \r"}) == plain == read(others, {setting.name: text})


def test_what_is_no_utf_8_refuses() -> None:
    assert "UTF-8" in refused({"LABEL_STUDIO_PASSWORD": "a\udcffb"})
    assert "UTF-8" in refused({"LABEL_STUDIO_BASE_DATA_DIR": "a\udcffb"})


def test_overrides_win_and_unknown_ones_are_flasks() -> None:
    environ = {"LABEL_STUDIO_PORT": "1", "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "yes"}
    overrides = {
        "PORT": 2,
        "DISABLE_SIGNUP_WITHOUT_LINK": False,
        "BASE_DATA_DIR": Path("/srv/data"),
        "TESTING": True,
        "SQLALCHEMY_DATABASE_URI": "sqlite://",
    }
    found = read(environ, overrides)
    assert (found["PORT"], found["DISABLE_SIGNUP_WITHOUT_LINK"]) == (2, False)
    assert (found["BASE_DATA_DIR"], found["TESTING"]) == ("/srv/data", True)
    assert found["SQLALCHEMY_DATABASE_URI"] == "sqlite://"
    assert read({}, {"DISABLE_SIGNUP_WITHOUT_LINK": "on"})["DISABLE_SIGNUP_WITHOUT_LINK"] is True
    with pytest.raises(ConfigError, match="LABEL_STUDIO_PORT=x"):
        read({}, {"PORT": "x"})


def test_an_unknown_setting_is_named_with_the_nearest() -> None:
    assert warnings_for({"LABEL_STUDIO_DISABLE_SIGNUP": "1", "HOME": "/root"}) == [
        "LABEL_STUDIO_DISABLE_SIGNUP is not a setting. Did you mean LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK?"
    ]
    assert "LABEL_STUDIO_PASSWORD_FILE?" in warnings_for({"LABEL_STUDIO_PASWORD_FILE": "x"})[0]
    assert "Did you mean" in warnings_for({"LABEL_STUDIO_Q": "x"})[0]
    assert warnings_for({f"{setting.variable}_FILE": "x" for setting in SETTINGS}) == []


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"DISABLE_SIGNUP_WITHOUT_LINK": "true\r"}, True),
        ({"DISABLE_SIGNUP_WITHOUT_LINK": " "}, False),
        ({"DISABLE_SIGNUP_WITHOUT_LINK": "0", "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "on"}, True),
        ({"DISABLE_SIGNUP_WITHOUT_LINK": "1", "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "off"}, False),
        ({"DISABLE_SIGNUP_WITHOUT_LINK": "1", "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": ""}, True),
    ],
)
def test_sign_up_is_closed_by_label_studios_name_without_prefix(environ: dict[str, str], expected: bool) -> None:
    assert read(environ)["DISABLE_SIGNUP_WITHOUT_LINK"] is expected


def test_the_two_names_of_a_setting_that_differ_are_a_warning() -> None:
    prefixed, bare = "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK", "DISABLE_SIGNUP_WITHOUT_LINK"
    assert warnings_for({prefixed: "off", bare: "1"}) == [f"{prefixed} and {bare} differ. {prefixed} is obeyed."]
    assert warnings_for({prefixed: "yes", bare: "1"}) == warnings_for({bare: "1"}) == []
    assert f"{bare}=maybe: is neither true" in refused({bare: "maybe"})


@pytest.mark.parametrize("prefix", ["", "LABEL_STUDIO_", "HEARTEX_"])
def test_label_studios_own_database_variables_are_named(prefix: str) -> None:
    environ = {f"{prefix}{name}": SECRET for name in ("DJANGO_DB", "POSTGRE_HOST", "POSTGRE_OPTIONS")}
    [line] = warnings_for(environ)
    assert line.startswith(f"Not read here: {', '.join(environ)}. ")
    assert "LABEL_STUDIO_DATABASE_URL=postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME" in line
    assert SECRET not in line


def test_settings_without_the_prefix_are_named_unless_other_programs_have_them_too() -> None:
    assert warnings_for({"MAX_SESSION_AGE": "60", "HEARTEX_HOST": "http://x"}) == [
        "HEARTEX_HOST is not read here. Write LABEL_STUDIO_HOST.",
        "MAX_SESSION_AGE is not read here. Write LABEL_STUDIO_MAX_SESSION_AGE.",
    ]
    others = dict.fromkeys(("HOST", "PORT", "USERNAME", "PASSWORD", "SECRET_KEY", "LANGUAGE", "DATABASE_URL"), "x")
    assert warnings_for(others) == []
    assert read(others) == read({})


def test_a_password_without_a_name_is_a_warning() -> None:
    lines = warnings_for({"LABEL_STUDIO_PASSWORD": SECRET, "LABEL_STUDIO_USER_TOKEN_FILE": "/x"})
    assert [line.split()[0] for line in lines] == ["LABEL_STUDIO_PASSWORD", "LABEL_STUDIO_USER_TOKEN"]
    assert SECRET not in "".join(lines)
