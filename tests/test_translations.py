"""Every string exists in both languages: none missing, stale, fuzzy, or with a lost placeholder."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "ls/translations/zh_Hans/LC_MESSAGES"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "_l": None, "lazy_gettext": None, "N_": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def said_in_code() -> set[str]:
    with (ROOT / "babel.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, mapping, options, keywords=KEYWORDS)
    return {text if isinstance(text, str) else text[0] for _file, _line, text, _comments, _context in found}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_Hans")


def test_every_string_is_translated_and_no_stale_one_is_kept(catalogue: Catalog) -> None:
    kept = {
        (message.id if isinstance(message.id, str) else message.id[0]): message for message in catalogue if message.id
    }
    code = said_in_code()
    assert sorted(code - set(kept)) == []
    assert sorted(set(kept) - code) == []
    assert [key for key, message in kept.items() if not message.string or not all(_texts(message.string))] == []
    assert [key for key, message in kept.items() if message.fuzzy] == []


def _texts(string: object) -> list[str]:
    return [string] if isinstance(string, str) else list(string)  # type: ignore[call-overload]


def test_placeholders_survive_translation(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id:
            originals = _texts(message.id)
            for text in _texts(message.string):
                assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(originals[-1])), originals


def test_the_compiled_catalogue_is_the_written_one(catalogue: Catalog) -> None:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    assert (FOLDER / "messages.mo").read_bytes() == compiled.getvalue(), "run `make messages`"
