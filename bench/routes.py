"""Every GET route by itself: CPU, requests a second, share of a bare route, statements; and the reaches they give."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from bench.bare import bare
from bench.cpu import cpu, statements
from bench.drive import bare_server, rate
from bench.installation import Installation
from bench.recipes import Recipe, recipes
from bench.table import Reach, table

ROUNDS = 2  # of wrk, spread over the run; the best counts, as other work on the machine only takes away
SHARES = {"list": 10, "page": 15, "one": 30, "many": 15}
WHAT = {
    "list": "share: HTML page with a full list",
    "page": "share: every other HTML page, fragment and file",
    "one": "share: API call that answers one thing",
    "many": "share: API page of 30",
}
GROWTH, SLOWEST, STATEMENTS = 1.3, 3, 6


@dataclass
class Measured:
    """A route at two sizes."""

    recipe: Recipe
    cpu: tuple[float, float]
    growth: float
    statements: int
    rates: list[float] = field(default_factory=lambda: [0.0, 0.0])
    shares: tuple[float, float] = (0.0, 0.0)

    @property
    def is_whole_page(self) -> bool:
        """Is it a whole page, and no redirect, refusal or fragment, which would lower the median?"""
        return self.statements > 0 and not self.recipe.refused and not self.recipe.fragment

    @property
    def cells(self) -> tuple[str, ...]:
        """A line of the table."""
        growth = f"{self.growth:.2f}" if self.recipe.kind != "all" else f"({self.growth:.1f})"
        figures = [f"{value:,.0f}" for value in (*self.cpu, *self.rates)] + [f"{share:.1f}" for share in self.shares]
        is_met = min(self.shares) >= SHARES.get(self.recipe.kind, 0)
        kind = f"{'refused' if self.recipe.refused else self.recipe.kind}{'' if is_met else ' NO'}"
        return self.recipe.name, kind, *figures, growth, str(self.statements)


HEAD = ("route", "kind", "us at 20", "20,000", "req/s", "20,000", "share %", "20,000", "growth", "SQL")


def measure(small: Installation, full: Installation, large: Installation, match: str = "") -> list[Measured]:
    """All of them, or those with this text in their name."""
    wanted = [recipe for recipe in recipes(small.app) if match in recipe.name]
    found = [_in_process(recipe, small, full, large) for recipe in wanted]
    with ExitStack() as stack:
        bare_url = stack.enter_context(bare_server())
        servers = [stack.enter_context(installation.server()) for installation in (small, large)]
        best = 0.0
        for _ in range(ROUNDS):
            for number, row in enumerate(found):
                if number % 8 == 0:
                    best = max(best, rate(bare_url, ["/"], {}))
                _drive(row, (small, large), [server.url for server in servers])
    for row in found:
        row.shares = row.rates[0] / best * 100, row.rates[1] / best * 100
    print(f"A bare Flask route: {cpu(bare(), '/', {}):.0f} us, {best:,.0f} requests a second\n")
    return found


def _in_process(recipe: Recipe, small: Installation, full: Installation, large: Installation) -> Measured:
    print(f"  {recipe.name}", file=sys.__stderr__)
    same = full if recipe.lists_people else small
    few, many = _best(recipe, (same, large))
    at_20 = few if same is small else cpu(small.app, *small.request(recipe))
    return Measured(recipe, (at_20, many), many / few, statements(large.app, *large.request(recipe)))


def _best(recipe: Recipe, pair: tuple[Installation, Installation]) -> tuple[float, float]:
    """CPU in both, in turn; measured again while it seems to grow, as other work on the machine only adds."""
    few, many = (cpu(here.app, *here.request(recipe)) for here in pair)
    for _ in range(2):
        if many / few > GROWTH and recipe.kind != "all":
            few, many = (
                min(old, cpu(here.app, *here.request(recipe))) for old, here in zip((few, many), pair, strict=True)
            )
    return few, many


def _drive(row: Measured, installations: Sequence[Installation], urls: Sequence[str]) -> None:
    for place, (here, url) in enumerate(zip(installations, urls, strict=True)):
        path, headers = here.request(row.recipe)
        row.rates[place] = max(row.rates[place], rate(url, [path], headers, refused=row.recipe.refused))


def printed(found: Sequence[Measured]) -> str:
    """The table of routes."""
    note = "growth: CPU at 20,000 people against 20; for lists of people against 60, who fill a page\n"
    return table(HEAD, [row.cells for row in found], right=2) + "\n" + note


def reaches(found: Sequence[Measured]) -> Iterator[Reach]:
    """What the routes have to reach, the worst of each kind."""
    for kind in SHARES:
        if rows := [row for row in found if row.recipe.kind == kind]:
            yield _share(kind, sorted(rows, key=lambda row: min(row.shares)))
    if whole := [row for row in found if row.recipe.kind in {"list", "page"} and row.is_whole_page]:
        slowest, usual = max(whole, key=lambda row: row.cpu[1]), median(row.cpu[1] for row in whole)
        figure = f"{slowest.recipe.name}, {slowest.cpu[1]:,.0f} us to {usual:,.0f} us"
        yield Reach("slowest HTML page against the median", figure, slowest.cpu[1] / usual, SLOWEST, "x")
    if paged := [row for row in found if row.recipe.kind != "all"]:
        grown = max(paged, key=lambda row: row.growth)
        yield Reach("20,000 people against 20", grown.recipe.name, grown.growth, GROWTH, "x")
        asking = max(paged, key=lambda row: row.statements)
        yield Reach("statements", asking.recipe.name, asking.statements, STATEMENTS, "")


def _share(kind: str, rows: Sequence[Measured]) -> Reach:
    below = [row.recipe.name for row in rows if min(row.shares) < SHARES[kind]]
    figure = f"{len(rows)} routes, the lowest: {rows[0].recipe.name}" + (f"; {len(below)} below" if below else "")
    return Reach(WHAT[kind], figure, min(rows[0].shares), SHARES[kind], "%", "at least")
