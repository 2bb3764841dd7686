"""Switches each guard of tests/guards.py off in a copy of the tree, and prints which tests notice: `make mutation`.

Exits with 1 if one goes unnoticed. `--only csrf` takes the guards with that in their name, `--list` names them.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.guards import GUARDS, Guard

ROOT = Path(__file__).parents[1]
COPIED = ("app.py", "wsgi.py", "pyproject.toml", "README.md", "ls", "tests", "bench", "docs", "deploy", "examples")
SIDE_BY_SIDE = 2
SHOWN = 3
MOST_SECONDS = 900
OUTCOME = re.compile(r"^(FAILED|ERROR) (\S+)", re.MULTILINE)
PYTEST = ("-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-rfE")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The tests that failed with the guard switched off."""

    guard: Guard
    failed: Sequence[str]
    broken: str = ""  # how pytest ended, if it did not run the tests

    @property
    def is_noticed(self) -> bool:
        """Did a test fail, and did the code still run?"""
        return bool(self.failed) and not self.broken

    @property
    def line(self) -> str:
        """A line of the table."""
        tests = Counter(name.partition("[")[0].partition("::")[2] for name in self.failed)
        shown = ", ".join(name if count == 1 else f"{name} ({count})" for name, count in tests.most_common(SHOWN))
        shown += f" and {len(tests) - SHOWN} more" if len(tests) > SHOWN else ""
        verdict = f"{len(self.failed):3}" if self.is_noticed else " NO"
        return f"{self.guard.name:44} {verdict}  {self.broken or shown}"


def main() -> int:
    """Run, print, and say whether every guard is noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", default="", help="guards with this text in their name")
    parser.add_argument("--list", action="store_true", help="name the guards, and where each stands")
    options = parser.parse_args()
    guards = [guard for guard in GUARDS if options.only in guard.name]
    if options.list:
        print(*(f"{guard.name:44} {guard.file}" for guard in guards), sep="\n")
        return 0
    if stale := [guard.name for guard in guards if not guard.is_there(ROOT)]:
        print("Not found exactly once, so tests/guards.py is out of date:", *stale, sep="\n  ")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        outcomes = list(_outcomes(guards, Path(folder)))
    unnoticed = [outcome.guard.name for outcome in outcomes if not outcome.is_noticed]
    print(f"{len(outcomes) - len(unnoticed)} of {len(outcomes)} guards are noticed when they are switched off")
    return int(bool(unnoticed))


def _outcomes(guards: Sequence[Guard], folder: Path) -> Iterator[Outcome]:
    trees: SimpleQueue[Path] = SimpleQueue()
    for number in range(SIDE_BY_SIDE):
        trees.put(_copy(folder / f"tree{number}"))
    before = _run(folder / "tree0", sorted({test for guard in guards for test in guard.tests}))
    if before.returncode:
        raise SystemExit(f"These tests fail with every guard in place:\n{before.stdout[-3000:]}{before.stderr[-3000:]}")

    def tried(guard: Guard) -> Outcome:
        tree = trees.get()
        try:
            return _try(guard, tree)
        finally:
            trees.put(tree)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for outcome in pool.map(tried, guards):
            print(outcome.line, flush=True)
            yield outcome


def _copy(tree: Path) -> Path:
    tree.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__", "results", "instance"))
        elif source.exists():
            shutil.copy(source, tree / name)
    return tree


def _try(guard: Guard, tree: Path) -> Outcome:
    file = tree / guard.file
    whole = file.read_text()
    file.write_text(whole.replace(guard.text, guard.instead))
    try:
        ran = _run(tree, guard.tests)
    finally:
        file.write_text(whole)
    found = OUTCOME.findall(ran.stdout)
    broken = "" if ran.returncode in {0, 1} else f"pytest ended with {ran.returncode}: {ran.stdout[-200:]}"
    return Outcome(guard, [name for kind, name in found if kind == "FAILED"], broken)


def _run(tree: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", *PYTEST, *tests]
    # A test that tries until it is refused would go on for ever.
    return subprocess.run(
        ["timeout", str(MOST_SECONDS), *command], cwd=tree, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
