"""The documents name every setting, command and option of the code, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask
from flask.cli import AppGroup

from ls.config.settings import ENVIRONMENT_PREFIX, SETTINGS

ROOT = Path(__file__).parents[1]
ADMINISTRATION = (ROOT / "docs" / "administration.md").read_text()
DEPLOY = [path for path in (ROOT / "deploy").rglob("*") if path.is_file() and path.suffix != ".pyc"]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *DEPLOY])
CODE = re.compile(r"`([^`]+)`")


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of the table under that heading, row by row."""
    section = ADMINISTRATION.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def commands(group: click.Group, path: str = "roster") -> Iterator[tuple[str, click.Command]]:
    """Our own commands, with what a user types."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield f"{path} {name}", command
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def usage(path: str, command: click.Command) -> str:
    """The command with its arguments, as the documents write it."""
    arguments = [(one.name or "").upper() for one in command.params if isinstance(one, click.Argument)]
    return " ".join([path, *arguments])


@pytest.fixture
def group(app: Flask) -> click.Group:
    assert isinstance(app.cli, AppGroup)
    return app.cli


def test_every_setting_stands_in_the_documents_and_no_other() -> None:
    written = [CODE.findall(row[0])[0] for row in rows("Settings")]
    assert written == [setting.variable for setting in SETTINGS]


def test_defaults_are_the_codes() -> None:
    written = {CODE.findall(row[0])[0]: row[1] for row in rows("Settings")}
    for setting in SETTINGS:
        if isinstance(setting.default, bool | int):
            assert written[setting.variable] == f"`{str(setting.default).lower()}`"
        elif setting.default in (None, "", ()):
            assert "`" not in written[setting.variable]
        else:
            assert written[setting.variable].strip("`/") == Path(setting.default).name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_setting_that_is_none(path: Path) -> None:
    known = {name for setting in SETTINGS for name in (setting.variable, f"{setting.variable}_FILE")}
    assert set(re.findall(rf"\b{ENVIRONMENT_PREFIX}[A-Z_]+\b", path.read_text())) <= known


def test_every_command_stands_in_the_documents_with_its_options(group: click.Group) -> None:
    written = {CODE.findall(row[0])[0]: CODE.findall(row[1]) for row in rows("Commands")}
    present = {
        usage(path, command): [
            one.opts[0] for one in command.params if isinstance(one, click.Option) and one.opts != ["--verbose"]
        ]
        for path, command in commands(group)
    }
    assert written == present


def test_every_option_explains_itself(group: click.Group) -> None:
    for path, command in commands(group):
        assert command.help, path
        assert "--verbose" in [option for one in command.params for option in one.opts], path
        assert not [one.name for one in command.params if isinstance(one, click.Option) and not one.help], path


def test_no_command_is_cut_short_where_all_are_listed(app: Flask) -> None:
    for arguments in ([], ["user"], ["project"]):
        listed = app.test_cli_runner().invoke(args=[*arguments, "--help"]).stdout.split("\nCommands:\n")[1]
        assert "..." not in listed


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_examples_exist(group: click.Group, path: Path) -> None:
    known = {path.split(" ")[1] for path, _ in commands(group)}
    typed = re.findall(r"(?:^ {4}|`|bin/)(?:flask|roster) ([a-z][\w-]*)", path.read_text(), re.MULTILINE)
    assert set(typed) <= known


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_in_examples_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    typed = re.findall(r"(?:^ {4}|`|true )make ([a-z-]+)", path.read_text(), re.MULTILINE)
    assert set(typed) <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\[[^\]]+\]\(([^):#]+)\)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_promise_names_tests_that_exist() -> None:
    table = [line for line in (ROOT / "SECURITY.md").read_text().splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", line) for line in table]
    assert len(table) > 20
    assert [line for line, found in zip(table, named, strict=True) if not found] == []
    for path, test in {pair for found in named for pair in found}:
        assert (ROOT / "tests" / path).exists()
        assert f"def {test}(" in (ROOT / "tests" / path).read_text() or not test, (path, test)
