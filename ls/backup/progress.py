"""How long work tells how far it is, and its last step, which is not cut off."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO, Any, Protocol


class Steps(Protocol):
    """What is told of each part that is done: a progress bar of click."""

    def update(self, n_steps: int, /) -> Any:
        """So many steps are done."""


Bar = Callable[[int, str], AbstractContextManager[Steps]]  # of a number of steps, and what they are


class _Nothing:
    def update(self, _n_steps: int, /) -> None:
        """Show nothing."""


def no_bar(_length: int, _label: str) -> AbstractContextManager[Steps]:
    """Where nobody watches."""
    return nullcontext(_Nothing())


class Counted:
    """A file that tells how much of it has been read."""

    def __init__(self, file: IO[bytes], tell: Callable[[int], object]) -> None:
        self._file, self._tell = file, tell

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        self._tell(len(data))
        return data


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C do nothing meanwhile: it is too late to say that nothing was changed."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
