"""`make messages`: collects the strings of code and templates, brings the catalogue up to date, and compiles it."""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "ls/translations/zh_Hans/LC_MESSAGES"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "_l": None, "lazy_gettext": None, "N_": None}


def collected() -> Catalog:
    """Every string that code and templates say, untranslated."""
    template = Catalog(charset="utf-8")
    with (ROOT / "babel.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file)
    for name, line, text, _comments, context in extract_from_dir(ROOT, mapping, options, keywords=KEYWORDS):
        template.add(text, None, [(name, line)], context=context)
    return template


def written() -> Catalog:
    """The translations as they stand in the file."""
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_Hans")


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as the product reads it."""
    target = BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


def main() -> None:
    """New strings join the catalogue untranslated, those that nobody says any more leave it."""
    catalogue = written()
    catalogue.update(collected(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with (FOLDER / "messages.po").open("wb") as file:
        write_po(file, catalogue, no_location=True, omit_header=False, width=110, sort_output=False)
    (FOLDER / "messages.mo").write_bytes(compiled(written()))
    missing = [message.id for message in catalogue if message.id and not message.string]
    for text in missing:
        sys.stderr.write(f"not translated: {text}\n")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
