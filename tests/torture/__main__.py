"""Runs every trial and prints the table; a promise that was not kept makes the exit status 1."""

import signal
import sys
import time

from tests.torture import crash, full_disk, gone, restore, slow_clients, writers
from tests.torture.trial import Trial

TRIALS: tuple[Trial, ...] = (
    *(crash.TRIAL, restore.TRIAL, writers.TRIAL),
    *(slow_clients.TRIAL, full_disk.TRIAL, gone.TRIAL),
)
AT_MOST = 600  # seconds, for all of them together


class OutOfTime(BaseException):
    """Ten minutes are over; a server that a trial started is stopped on the way out."""


def _ring(*_signal: object) -> None:
    raise OutOfTime


def main(names: list[str]) -> int:
    """Run the trials of these names, or all of them."""
    broken = 0
    signal.signal(signal.SIGALRM, _ring)
    signal.alarm(AT_MOST)
    print(f"{'trial':<16}{'kept':<7}{'seconds':>8}  figures")
    for trial in TRIALS:
        if names and trial.name not in names:
            continue
        began = time.monotonic()
        try:
            kept, figures = trial.run()
        except OutOfTime:
            print(f"{trial.name:<16}NO      out of time: all trials together may take {AT_MOST} s")
            return 1
        broken += not kept
        print(f"{trial.name:<16}{'yes' if kept else 'NO':<7}{time.monotonic() - began:>8.1f}  {figures}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
