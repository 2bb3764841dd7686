"""The printed table, and one row of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One measured promise; `value` is held against `reach`."""

    what: str
    figure: str
    value: float
    reach: float
    unit: Literal["%", "x", "s", "MB", ""]
    wants: Literal["at least", "at most"] = "at most"

    @property
    def met(self) -> bool:
        """Is the promise kept?"""
        return self.value >= self.reach if self.wants == "at least" else self.value <= self.reach

    @property
    def cells(self) -> tuple[str, ...]:
        """As printed."""
        reach = f"{self.wants} {_shown(self.reach, self.unit)}"
        return self.what, self.figure, _shown(self.value, self.unit), reach, "yes" if self.met else "NO"


def _shown(value: float, unit: str) -> str:
    digits = {"%": 0, "x": 2, "s": 2, "MB": 1, "": 0}[unit]
    return f"{value:.{digits}f}{' ' if unit and unit != 'x' else ''}{unit}"


HEAD = ("what", "figure", "ratio", "reach", "met")


def printed(rows: Sequence[Row]) -> str:
    """The table as text."""
    lines = [HEAD, *(row.cells for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEAD))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    shown.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(shown)
