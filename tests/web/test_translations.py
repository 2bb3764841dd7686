"""Every string exists in both languages: none missing, stale, fuzzy, or with a lost placeholder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "ls/translations/zh_Hans/LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    """The translations."""
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_Hans")


def messages(catalogue: Catalog) -> dict[str, Message]:
    """The catalogue's messages by their (first) English text."""
    return {texts(message.id)[0]: message for message in catalogue if message.id}


def texts(string: object) -> list[str]:
    """One text, or the singular and plural ones."""
    return [string] if isinstance(string, str) else list(string)  # type: ignore[call-overload]


def test_every_string_is_translated_and_none_is_stale(catalogue: Catalog, tmp_path: Path) -> None:
    variables = [f"POT={tmp_path / 'messages.pot'}", f"BIN={Path(sys.executable).parent}"]
    subprocess.run(["make", "extract", *variables], cwd=ROOT, check=True, capture_output=True)
    with (tmp_path / "messages.pot").open("rb") as file:
        used = messages(read_po(file))
    translated = messages(catalogue)
    assert sorted(used.keys() - translated.keys()) == []
    assert sorted(translated.keys() - used.keys()) == []
    assert [key for key, message in translated.items() if not all(texts(message.string))] == []
    assert [key for key, message in translated.items() if message.fuzzy] == []


def test_placeholders_survive_translation(catalogue: Catalog) -> None:
    for message in messages(catalogue).values():
        for text in texts(message.string):
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(texts(message.id)[-1])), message.id


def test_the_compiled_catalogue_is_up_to_date(catalogue: Catalog, tmp_path: Path) -> None:
    target = tmp_path / "messages.mo"
    pybabel = [sys.executable, "-m", "babel.messages.frontend", "compile", "-l", "zh_Hans"]
    subprocess.run([*pybabel, "-i", str(FOLDER / "messages.po"), "-o", str(target)], check=True, capture_output=True)
    assert (FOLDER / "messages.mo").read_bytes() == target.read_bytes(), "run `make messages`"
