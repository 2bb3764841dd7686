"""Who may know whom, and the plan of the house: the imports and the routes, read from the code."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).parents[1]
ROUTES = ROOT / "tests" / "routes.txt"

# Each floor knows itself and those below it.
FLOORS = (
    ("app", "wsgi"),
    ("ls.blueprints", "ls.cli"),
    ("ls",),  # modules with a verb of several models, and what stands around requests
    ("ls.models",),
    ("ls.kept",),
    ("ls.db.extensions",),
)
# Plain rooms: they know no part of the product but their like, so any floor may use them.
PLAIN = frozenset(
    {
        *("avatars", "clock", "config", "config_kinds", "crypto", "emails", "exceptions", "keys"),
        *("origin", "passwords", "picture_parts", "storable", "version"),
    }
)
OF_A_REQUEST = {"request", "session", "g"}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product, parsed."""
    files = [ROOT / "app.py", ROOT / "wsgi.py", *sorted((ROOT / "ls").rglob("*.py"))]
    return {_name(path): ast.parse(path.read_text(), str(path)) for path in files if "migrations" not in path.parts}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every import, also those inside functions: (module, name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from ((node.module or "", alias.name) for alias in node.names)


def known(name: str) -> set[str]:
    """The product's modules that this one imports."""
    found = {
        f"{module}.{thing}" if f"{module}.{thing}" in modules() else module
        for module, thing in imports(modules()[name])
    }
    return {module for module in found if module in modules()} - {name}


def floor(name: str) -> int:
    """How far from the top a module stands."""
    fits = [
        (len(room), number)
        for number, rooms in enumerate(FLOORS)
        for room in rooms
        if name == room or name.startswith(f"{room}.")
    ]
    return max(fits)[1]


def is_plain(name: str) -> bool:
    return name.removeprefix("ls.") in PLAIN


@pytest.mark.parametrize("name", sorted(modules()))
def test_no_arrow_points_upwards(name: str) -> None:
    wrong = [other for other in known(name) if not is_plain(other) and floor(other) < floor(name)]
    assert sorted(wrong) == []


@pytest.mark.parametrize("name", sorted(filter(is_plain, modules())))
def test_plain_rooms_know_only_their_like(name: str) -> None:
    assert [other for other in known(name) if not is_plain(other)] == []


def test_nothing_imports_the_application() -> None:
    assert [name for name in modules() if name != "wsgi" and "app" in known(name)] == []


def test_one_blueprint_never_imports_another_nor_a_command() -> None:
    inside = [name for name in modules() if name.startswith("ls.blueprints.")]
    strangers = [
        (name, other)
        for name in inside
        for other in known(name)
        if other.startswith(("ls.blueprints.", "ls.cli")) and _room(other) != _room(name)
    ]
    assert strangers == []


def test_commands_know_no_blueprint() -> None:
    commands = [name for name in modules() if name.startswith("ls.cli")]
    assert [name for name in commands for other in known(name) if other.startswith("ls.blueprints")] == []


def _room(name: str) -> str:
    return ".".join(name.split(".")[:3])


def test_models_know_nothing_of_requests_and_forms() -> None:
    for name, tree in modules().items():
        if name.startswith("ls.models"):
            found = {(module, thing) for module, thing in imports(tree)}
            assert not [thing for module, thing in found if module == "flask" and thing in OF_A_REQUEST], name
            assert not [module for module, _ in found if module.startswith(("flask_wtf", "wtforms", "ls.web.access"))], name


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and ast.unparse(node.value) == "os"
    }
    # They hand it to ls.config.settings, which alone knows the names; `flask start` looks for a screen.
    assert readers == {"app", "wsgi", "ls.cli.check", "ls.cli.start"}


def test_a_module_says_what_it_is_for() -> None:
    silent = [name for name, tree in modules().items() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_files_and_functions_stay_small() -> None:
    for name, tree in modules().items():
        ends = [node.end_lineno or 0 for node in tree.body]
        assert max(ends, default=0) <= 300, f"{name} has {max(ends)} lines"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 35, f"{name}.{node.name} has {length} lines"


def test_the_route_table_is_the_written_one(app: Flask) -> None:
    present = "".join(f"{line}\n" for line in routes(app))
    if os.environ.get("WRITE_ROUTES"):
        ROUTES.write_text(present)
    assert ROUTES.read_text() == present, "if this is meant: make routes"


def routes(app: Flask) -> Iterator[str]:
    """Rule, methods, endpoint, and whether everybody may come in; a line each, sorted."""
    lines = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        public = rule.endpoint == "static" or getattr(view, "is_public", False)
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        lines.append(f"{rule.rule:72}{methods:8}{rule.endpoint:34}{'public' if public else ''}".rstrip())
    yield from sorted(lines)
