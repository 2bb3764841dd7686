"""One trial: a name, and what tells whether its promise was kept."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """`run` returns whether the promise was kept, and the figures that show it."""

    name: str
    run: Callable[[], tuple[bool, str]]
