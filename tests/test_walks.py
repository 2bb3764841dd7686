"""A request passes few files of ours, so that whoever follows it reads little (see bench/walks.py)."""

from pathlib import Path

from bench.walks import AT_MOST, walks


def test_each_walk_passes_at_most_fifteen_files(tmp_path: Path) -> None:
    found = {walk.name: list(walk.files) for walk in walks(tmp_path)}
    assert len(found) == 4
    assert {name: files for name, files in found.items() if len(files) > AT_MOST} == {}
