"""`python -m bench`: every GET route by itself, then every reach as a line of a table; about ten minutes.

`--only routes,searches` measures these parts; `--match /people/` only routes with this in their name;
`--big` adds searches among 200,000 people on PostgreSQL. Installations are built once, below bench/results.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from bench import lists, processes, routes, sign_in
from bench.installation import RESULTS, Installation
from bench.table import HEAD, Reach, table
from tests.with_postgres import postgres

PARTS = ("routes", "last-pages", "searches", "sign-in", "start-up", "memory")


def main() -> None:
    """Measure, print, and keep the figures in bench/results/latest.json."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas: " + ", ".join(PARTS))
    parser.add_argument("--match", default="", help="measure only routes with this text in their name")
    parser.add_argument("--big", action="store_true", help="search among 200,000 people on PostgreSQL too")
    options = parser.parse_args()
    with contextlib.redirect_stderr(io.StringIO()):  # the log's line for each request in this process
        rows = [row for part in options.only.split(",") for row in _part(part, options.match)]
        rows += _big() if options.big else []
    print(table(HEAD, [row.cells for row in rows]))
    kept = {"at": datetime.now(UTC).isoformat(), "cores": os.cpu_count(), "rows": [_plain(row) for row in rows]}
    (RESULTS / "latest.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False))


def _plain(row: Reach) -> dict[str, object]:
    return {**asdict(row), "met": row.met}


def _part(name: str, match: str) -> Iterator[Reach]:
    large = Installation("large")
    if name == "routes":
        found = routes.measure(Installation("small"), Installation("full"), large, match)
        print(routes.printed(found))
        yield from routes.reaches(found)
    elif name == "last-pages":
        yield from lists.last_pages(large)
    elif name == "searches":
        yield from lists.searches(large, lists.SEARCH_SQLITE)
    elif name == "sign-in":
        yield from sign_in.beyond_the_hash(large)
    elif name == "start-up":
        yield from processes.start_up(large)
    elif name == "memory":
        yield from processes.memory(large)
    else:
        raise SystemExit(f"no part {name!r}; there are {', '.join(PARTS)}")


def _big() -> Iterator[Reach]:
    with postgres() as server:
        yield from lists.searches(Installation("big", server.url), lists.SEARCH_POSTGRESQL)


if __name__ == "__main__":
    main()
