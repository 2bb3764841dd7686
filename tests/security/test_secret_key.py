"""The secret key: made once, for its owner only, and never too short; what a folder that cannot be used says."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest
from flask import Config

from ls.config.settings import ConfigError
from ls.security import secret_key
from ls.security.data_folder import is_open_to_others

KEY = "k" * 32


def cookie(host: str) -> str:
    """The name of the session cookie at that public URL."""
    config = Config("", {"SESSION_COOKIE_SECURE": host.startswith("https:"), "HOST": host})
    secret_key.use(config, KEY)
    return str(config["SESSION_COOKIE_NAME"])


def test_a_restored_copy_beside_the_first_has_a_cookie_of_its_own() -> None:
    hosts = ["", "https://example.org", "https://example.org/copy", "https://example.org:8443"]
    assert len({cookie(host) for host in hosts}) == 4
    assert cookie(hosts[1]) == cookie(hosts[1])


def mode(path: Path) -> int:
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    key = secret_key.load_or_make(folder)
    assert len(key.encode()) >= 32
    assert secret_key.load_or_make(folder) == key
    assert (mode(folder), mode(folder / "secret_key")) == (0o700, 0o600)
    assert [path.name for path in folder.iterdir()] == ["secret_key"]
    assert secret_key.load_or_make(tmp_path / "other") != key


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(6, mp_context=get_context("spawn")) as pool:
        keys = set(pool.map(secret_key.load_or_make, [tmp_path / "data"] * 12))
    assert len(keys) == 1


def test_a_key_that_others_can_read_is_restricted(tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    file.write_text(KEY + "\n", encoding="utf-8")
    file.chmod(0o644)
    assert is_open_to_others(file)
    assert secret_key.load_or_make(tmp_path) == KEY
    assert not is_open_to_others(file)


def test_a_short_or_binary_key_refuses(tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    file.write_text("short", encoding="utf-8")
    with pytest.raises(ConfigError, match="shorter than 32 bytes"):
        secret_key.load_or_make(tmp_path)
    assert file.read_text(encoding="utf-8") == "short"
    file.write_bytes(b"\xff" * 40)
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        secret_key.load_or_make(tmp_path)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Run as `nobody` meanwhile, because root may write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written_says_how_to_mend_it(tmp_path: Path) -> None:
    folder = tmp_path / "the data"
    folder.mkdir(mode=0o500)
    with ordinary_user(), pytest.raises(ConfigError) as caught:
        secret_key.load_or_make(folder)
    text = str(caught.value)
    assert "\n" not in text
    assert f"sudo chown -R {text.split(' by ')[1].split()[0]} '{folder}'" in text


def test_a_file_where_the_folder_should_be_refuses(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="data"):
        secret_key.load_or_make(tmp_path / "data")
