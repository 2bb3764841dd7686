"""Every string exists in both languages: none missing, stale, fuzzy, or with a lost placeholder."""

import re

import pytest
from babel.messages.catalog import Catalog

from tests import messages

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    return messages.written()


def test_every_string_is_translated_and_no_stale_one_is_kept(catalogue: Catalog) -> None:
    kept = {
        (message.id if isinstance(message.id, str) else message.id[0]): message for message in catalogue if message.id
    }
    code = {
        (message.id if isinstance(message.id, str) else message.id[0]) for message in messages.collected() if message.id
    }
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
    assert (messages.FOLDER / "messages.mo").read_bytes() == messages.compiled(catalogue), "run `make messages`"
