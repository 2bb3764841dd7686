"""Runs every trial and prints the table; a promise that was not kept makes the exit status 1."""

import sys
import time

from tests.torture import crash, full_disk, gone, slow_clients, writers
from tests.torture.trial import Trial

TRIALS: tuple[Trial, ...] = (crash.TRIAL, writers.TRIAL, slow_clients.TRIAL, full_disk.TRIAL, gone.TRIAL)


def main(names: list[str]) -> int:
    """Run the trials of these names, or all of them."""
    broken = 0
    print(f"{'trial':<16}{'kept':<7}{'seconds':>8}  figures")
    for trial in TRIALS:
        if names and trial.name not in names:
            continue
        began = time.monotonic()
        kept, figures = trial.run()
        broken += not kept
        print(f"{trial.name:<16}{'yes' if kept else 'NO':<7}{time.monotonic() - began:>8.1f}  {figures}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
