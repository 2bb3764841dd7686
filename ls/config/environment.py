"""Variables of the environment that are not for people: those by which a library is told something."""

import os
from pathlib import Path


def share_counts(data_folder: str) -> None:
    """Let prometheus_client, which is imported afterwards, keep what each worker counts where all of them read it."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts_folder(data_folder))


def counts_folder(data_folder: str) -> Path:
    """The folder of what workers count."""
    return Path(data_folder, "metrics")
