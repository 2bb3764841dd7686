"""Rules of the house that no tool checks; import-linter (pyproject.toml) checks the imports, ruff private access."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

from flask import Flask

from tests.guards import GUARDS

ROOT = Path(__file__).parents[1]
ROUTES = ROOT / "tests" / "routes.txt"

FILE_LINES, FUNCTION_LINES, MEDIAN_LINES = 200, 25, 6
OF_A_REQUEST = {"request", "session", "g"}
READS_ENVIRONMENT = {"environ", "getenv", "environb"}
# The settings module knows the names of variables; these hand the whole environment on to it.
HAS_ENVIRONMENT = ("app", "wsgi", "ls.cli.", "ls.config.")
GENDERED = re.compile(r"\b(her|hers|she)\b", re.IGNORECASE)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product, parsed."""
    files = [ROOT / "app.py", ROOT / "wsgi.py", *sorted((ROOT / "ls").rglob("*.py"))]
    return {_name(path): ast.parse(path.read_text(), str(path)) for path in files if "migrations" not in path.parts}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What `from module import name` brings in: (module, name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def functions() -> dict[str, int]:
    """Each function's number of lines, its signature and docstring included."""
    return {
        f"{name}.{node.name}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_models_and_queries_know_no_request() -> None:
    found = [
        (name, thing)
        for name, tree in modules().items()
        if name.startswith(("ls.models", "ls.queries"))
        for module, thing in imported(tree)
        if module == "flask" and thing in OF_A_REQUEST
    ]
    assert found == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = {name for name, tree in modules().items() for node in ast.walk(tree) if _reads_environment(node)}
    assert [name for name in sorted(readers) if not name.startswith(HAS_ENVIRONMENT)] == []


def _reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and not READS_ENVIRONMENT.isdisjoint(alias.name for alias in node.names)
    return isinstance(node, ast.Attribute) and node.attr in READS_ENVIRONMENT and ast.unparse(node.value) == "os"


def test_every_module_has_a_docstring() -> None:
    assert [name for name, tree in modules().items() if tree.body and not ast.get_docstring(tree)] == []


def test_files_are_small() -> None:
    ends = {name: max((node.end_lineno or 0 for node in tree.body), default=0) for name, tree in modules().items()}
    assert {name: lines for name, lines in ends.items() if lines > FILE_LINES} == {}


def test_functions_are_small() -> None:
    assert {name: lines for name, lines in functions().items() if lines > FUNCTION_LINES} == {}


def test_the_median_function_is_short() -> None:
    assert median(functions().values()) <= MEDIAN_LINES


def test_users_are_they_in_code_and_documentation() -> None:
    files = [path for path in (ROOT / "ls").rglob("*") if path.suffix in {".py", ".html", ".js", ".css", ".po", ".txt"}]
    files += [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        if "known_passwords" not in path.parts and "vendor" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if GENDERED.search(line)
    ]
    assert found == []


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


# Who may write without being the current user, and why. Views write through `ls.web.auth`, which reads status and
# credential again inside the transaction.
WRITES_BY_ITSELF = {
    "ls.web.auth": "the two doors of views: as the current user, and as anybody",
    "ls.accounts.activity": "notes that somebody is active, whom the statement itself looks up",
    "ls.accounts.first_account": "runs when the server starts",
    "ls.accounts.rate_limit": "counts attempts, right or wrong",
    "ls.mail.sender": "claims and settles messages, which nobody asked for at that moment",
    "ls.linked.sync": "runs as a command, and writes page by page what it reads elsewhere meanwhile",
    "ls.projects.deletion": "purges expired projects, whoever caused it",
    "ls.accounts.sign_in": "logs in by email and password, and reads both again under the lock",
}
WRITE = {("ls.db.transaction", "write"), ("ls.db", "transaction"), ("ls.db", "write")}
COMMITS = {"commit", "begin", "begin_nested"}
WRITING_STATEMENTS = {"insert", "update", "delete"}


def test_views_write_through_the_door_that_reads_status_and_credential_again() -> None:
    own = {name for name, tree in modules().items() if WRITE & set(imported(tree))}
    assert {name for name in own if name != "ls.db" and not name.startswith("ls.cli.")} == set(WRITES_BY_ITSELF)


def test_nothing_else_commits_and_no_view_makes_its_own_statements_that_write() -> None:
    found = [
        (name, node.func.attr)
        for name, tree in modules().items()
        if not name.startswith(("ls.db.", "ls.backup."))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COMMITS
    ]
    found += [
        (name, thing)
        for name, tree in modules().items()
        if name.startswith(("ls.blueprints", "ls.queries", "ls.web"))
        for module, thing in imported(tree)
        if module.startswith("sqlalchemy") and thing in WRITING_STATEMENTS
    ]
    assert found == []


def test_every_guard_that_mutation_switches_off_stands_once() -> None:
    assert [guard.name for guard in GUARDS if (ROOT / guard.file).read_text().count(guard.text) != 1] == []
