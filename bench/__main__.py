"""`python -m bench`: builds its data once, measures every promise of speed, prints the table.

`--big` grows to 200,000 people; `--only shares,searches` measures these parts alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO

from bench import processes, sign_ins, throughput
from bench.data import BIG, LARGE, SMALL, build
from bench.drive import RESULTS, server, signed_in
from bench.table import Row, printed


def main() -> None:
    """Measure, print, keep."""
    asked = _arguments()
    name = "big" if asked.big else "large"
    rows: list[Row] = []
    for row in _measured(name, BIG if asked.big else LARGE, asked.only.split(",") if asked.only else []):
        print(f"  {row.what}: {row.cells[2]}", file=sys.stderr)
        rows.append(row)
    print(printed(rows))
    kept = {"at": datetime.now(UTC).isoformat(), "cores": os.cpu_count(), "scale": name}
    raw = {**kept, "rows": [{**asdict(row), "met": row.met} for row in rows]}
    (RESULTS / f"{name}.json").write_text(json.dumps(raw, indent=1, ensure_ascii=False))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--big", action="store_true", help="200,000 people instead of 20,000")
    parser.add_argument("--only", default="", help="parts, with commas: " + ", ".join(PARTS))
    return parser.parse_args()


def _measured(name: str, scale: dict[str, int], only: list[str]) -> Iterator[Row]:
    people = SMALL["people"], scale["people"]
    small = build(RESULTS / "small" / "data", **SMALL)
    large = build(RESULTS / name / "data", **scale)
    # What grows with the data is the cost of reading, so here nothing is kept.
    with server(RESULTS / "small", "bench.unkept") as few, server(RESULTS / name, "bench.unkept") as many:
        few_cookie, cookie = signed_in(few), signed_in(many)
        yield from _parts(
            only,
            growth=lambda: throughput.growth(few.url, many.url, few_cookie, cookie, people),
            last_pages=lambda: throughput.last_pages(large, many.url, cookie),
            searches=lambda: throughput.searches(many.url, cookie),
        )
    with server(RESULTS / name) as many:
        cookie = signed_in(many)
        yield from _parts(
            only,
            shares=lambda: throughput.shares(RESULTS / name, many.url, cookie),
            sign_ins=lambda: sign_ins.beyond_the_hash(large, many.url),
            fifty=lambda: sign_ins.fifty_at_once(large, many.url, cookie),
        )
    yield from _parts(
        only,
        start_up=lambda: processes.start_up(RESULTS / name),
        memory=lambda: processes.memory(RESULTS / name, signed_in),
        statements=lambda: _quietly(lambda: list(processes.statements(small))),
    )


PARTS = ("growth", "last_pages", "searches", "shares", "sign_ins", "fifty", "start_up", "memory", "statements")


def _parts(only: list[str], **parts: Callable[[], Iterator[Row]]) -> Iterator[Row]:
    for name, measure in parts.items():
        if not only or name in only:
            yield from measure()


def _quietly(measure: Callable[[], list[Row]]) -> Iterator[Row]:
    """Without the log's line for each request in this process."""
    kept, sys.stderr = sys.stderr, StringIO()
    try:
        return iter(measure())
    finally:
        sys.stderr = kept


if __name__ == "__main__":
    main()
