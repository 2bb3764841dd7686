"""Printed tables, and one measured reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reach:
    """One measured promise; `value` is compared with `reach`, None is only reported."""

    what: str
    figure: str
    value: float
    reach: float | None
    unit: Literal["%", "x", "s", "MB", ""]
    wants: Literal["at least", "at most"] = "at most"

    @property
    def met(self) -> bool:
        """Is the promise kept?"""
        if self.reach is None:
            return True
        return self.value >= self.reach if self.wants == "at least" else self.value <= self.reach

    @property
    def cells(self) -> tuple[str, ...]:
        """As printed."""
        value = _number(self.value, self.unit)
        if self.reach is None:
            return self.what, value, "reported", "", self.figure
        reach = f"{self.wants} {_number(self.reach, self.unit)}"
        return self.what, value, reach, "yes" if self.met else "NO", self.figure


def _number(value: float, unit: str) -> str:
    digits = {"%": 1, "x": 2, "s": 2, "MB": 1, "": 0}[unit]
    return f"{value:.{digits}f}{' ' if unit and unit != 'x' else ''}{unit}"


HEAD = ("what", "measured", "reach", "met", "of")


def table(head: Sequence[str], lines: Sequence[Sequence[str]], right: int = 0) -> str:
    """The table as text; the columns from `right` on are numbers, unless 0."""
    widths = [max(len(line[place]) for line in (head, *lines)) for place in range(len(head))]

    def shown(line: Sequence[str]) -> str:
        left = right or len(line)
        cells = [cell.ljust(width) for cell, width in zip(line[:left], widths, strict=False)]
        cells += [cell.rjust(width) for cell, width in zip(line[left:], widths[left:], strict=True)]
        return "  ".join(cells).rstrip()

    return "\n".join([shown(head), "  ".join("-" * width for width in widths), *map(shown, lines)])
