"""`roster project` as processes: exports as they come, standard input, and a power cut half-way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cast import PASSWORD
from tests.server import ROOT, RunningServer

ALICE = "alice@example.org"

# Word for word what a Label Studio project exports, but for the names.
EXPORTED = {
    "id": 7,
    "annotations": [
        {
            "id": 11,
            "completed_by": {"id": 99, "email": ALICE, "first_name": "", "last_name": ""},
            "result": [
                {
                    "value": {"choices": ["Positive"]},
                    "id": "s1Z8yEOP0d",
                    "from_name": "sentiment",
                    "to_name": "text",
                    "type": "choices",
                    "origin": "manual",
                }
            ],
            "was_cancelled": False,
            "ground_truth": False,
            "created_at": "2021-06-15T19:37:29.594618Z",
            "updated_at": "2021-06-15T19:37:29.594636Z",
            "draft_created_at": None,
            "lead_time": 3.219,
            "prediction": {},
            "result_count": 1,
            "unique_id": "7c8e2f0e-35f8-4c9a-8aa6-70d2b5d7a1c4",
            "import_id": None,
            "last_action": None,
            "task": 7,
            "project": 1,
            "updated_by": 99,
            "parent_prediction": None,
            "parent_annotation": None,
            "last_created_by": None,
        }
    ],
    "file_upload": "reviews.csv",
    "drafts": [],
    "predictions": [{"model_version": "m1", "score": 0.5, "result": []}],
    "data": {"text": "Very good"},
    "meta": {},
    "created_at": "2021-06-15T19:36:01.500000Z",
    "updated_at": "2021-06-15T19:37:29.700000Z",
    "inner_id": 1,
    "total_annotations": 1,
    "cancelled_annotations": 0,
    "total_predictions": 1,
    "comment_count": 0,
    "unresolved_comment_count": 0,
    "last_comment_updated_at": None,
    "project": 1,
    "updated_by": 99,
    "comment_authors": [],
}


@pytest.fixture
def place(tmp_path: Path) -> RunningServer:
    """A data folder with Alice, and no server running."""
    place = RunningServer(tmp_path)
    assert place.flask("user", "create", "--username", ALICE, "--password", PASSWORD).returncode == 0
    return place


def test_an_export_comes_in_twice_through_a_pipe(place: RunningServer) -> None:
    both = json.dumps([EXPORTED, EXPORTED])
    done = place.flask("project", "import", "Reviews", "-", "--username", ALICE, stdin=both)
    assert (done.returncode, done.stdout) == (0, "Imported 2 tasks and 2 annotations into project 1\n")
    assert done.stderr == "Importing\nLeft out, as they have no place here: predictions (2)\n"
    refused = place.flask("project", "import", "Reviews", "-", "--username", ALICE, stdin=both + "]")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "not JSON: Extra data in line 1, column 2399\n"
    listed = place.flask("project", "list", "--json")
    assert [(row["tasks"], row["annotations"]) for row in json.loads(listed.stdout)] == [(2, 2)]


def test_a_kill_half_way_leaves_nothing(place: RunningServer, tmp_path: Path) -> None:
    many = tmp_path / "many.json"
    many.write_text(json.dumps([{**EXPORTED, "annotations": EXPORTED["annotations"] * 10}] * 5000))
    command = [sys.executable, "-m", "flask", "project", "import", "Many", str(many), "--username", ALICE]
    process = subprocess.Popen(command, cwd=ROOT, env=place.environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stderr is not None
    assert process.stderr.read(9) == b"Importing"  # said inside the transaction
    process.kill()
    assert process.communicate()[0] == b""
    assert json.loads(place.flask("project", "list", "--json").stdout) == []
    assert place.flask("check").stdout == "OK\n"


def test_a_project_is_deleted_listed_and_restored(place: RunningServer) -> None:
    place.flask("project", "import", "Reviews", "-", "--username", ALICE, stdin=json.dumps([EXPORTED]))
    gone = place.flask("project", "delete", "1")
    assert gone.stdout == (
        "Deleted Reviews: 1 tasks, 1 annotations. For 30 days it comes back with: roster project restore 1\n"
    )
    assert place.flask("project", "list").stdout == ""
    listed = place.flask("project", "list", "--deleted").stdout
    assert listed.startswith("1\tReviews\t1 tasks\t1 annotations\tdeleted 20")
    assert listed.endswith(" by a command\n")
    assert place.flask("project", "purge").stdout == "Projects deleted for good: 0\n"
    again = place.flask("project", "delete", "1")
    assert (again.returncode, again.stderr) == (1, "Project 1 not found\n")
    assert place.flask("project", "restore", "1").stdout == "Restored Reviews\n"
    assert place.flask("project", "list").stdout == "1\tReviews\t1 tasks\t1 annotations\n"
