"""A trial: a name, and a function that shows whether its promise is kept."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the promise was kept, the figures that show it, and the seconds that the slowest page took meanwhile."""

    kept: bool
    figures: str
    slowest_page: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One row of the table."""

    name: str
    run: Callable[[], Outcome]
