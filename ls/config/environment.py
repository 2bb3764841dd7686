"""Variables of the environment that are not for people: those by which a library is told something."""

import os


def share_counts(folder: str) -> None:
    """Let prometheus_client, which is imported afterwards, keep the counts of all workers in this folder."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
