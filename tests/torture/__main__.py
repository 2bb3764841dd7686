"""Runs every trial, or those named, and prints the table; the exit status is 1 if a promise was not kept."""

import signal
import sys
import time

from tests.torture import (
    archives,
    crash,
    crossed_verbs,
    crowds,
    framing,
    full_disk,
    gone,
    imports,
    late_writes,
    lost_values,
    mail,
    mailed_links,
    redemptions,
    restore,
    slow_clients,
    writers,
)
from tests.torture.trial import Outcome, Trial

TRIALS: tuple[Trial, ...] = (
    *(crash.TRIAL, restore.TRIAL, archives.TRIAL, writers.TRIAL, full_disk.TRIAL, gone.TRIAL),
    *late_writes.TRIALS,
    *lost_values.TRIALS,
    *crossed_verbs.TRIALS,
    *framing.TRIALS,
    *crowds.TRIALS,
    slow_clients.TRIAL,
    *imports.TRIALS,
    mail.TRIAL,
    *mailed_links.TRIALS,
    *redemptions.TRIALS,
)
AT_MOST = 900  # seconds for all trials together
ROW = "{:<26}{:<6}{:>8}{:>13}  {}"


class OutOfTime(BaseException):
    """The time for all trials is over; a server that a trial started is stopped on the way out."""


def _ring(*_signal: object) -> None:
    raise OutOfTime


def main(names: list[str]) -> int:
    """Run the trials of these names, or all of them."""
    signal.signal(signal.SIGALRM, _ring)
    signal.alarm(AT_MOST)
    print(ROW.format("trial", "kept", "seconds", "slowest page", "figures"))
    try:
        outcomes = [_run(trial) for trial in TRIALS if not names or trial.name in names]
    except OutOfTime:
        print(f"out of time: all trials together may take {AT_MOST} s")
        return 1
    return 0 if all(outcome.kept for outcome in outcomes) else 1


def _run(trial: Trial) -> Outcome:
    began = time.monotonic()
    outcome = trial.run()
    kept, seconds = "yes" if outcome.kept else "NO", f"{time.monotonic() - began:.1f}"
    page = "" if outcome.slowest_page is None else f"{outcome.slowest_page:.3f} s"
    print(ROW.format(trial.name, kept, seconds, page, outcome.figures), flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
