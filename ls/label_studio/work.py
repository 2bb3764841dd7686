"""Projects, tasks and annotations as they are stored here, row after row."""

from collections.abc import Container, Iterator
from typing import Any

from ls.db.types import utcnow
from ls.label_studio.report import Report
from ls.label_studio.row import Row
from ls.label_studio.scope import Scope
from ls.label_studio.source import Source
from ls.models.project import DESCRIPTION_LENGTH, LABEL_CONFIG, TITLE_LENGTH
from ls.names import visible
from ls.validation import BIGGEST_ID

PROJECT = ("id", "title", "description", "label_config", "created_by_id", "created_at", "updated_at")
SWITCHES = (
    *("enable_empty_annotation", "evaluate_predictions_automatically", "is_draft", "is_published"),
    *("reveal_preannotations_interactively", "show_annotation_history", "show_collab_predictions"),
    *("show_ground_truth_first", "show_instruction", "show_overlap_first", "show_skip_button"),
)
NUMBERS = {
    "maximum_annotations": BIGGEST_ID,
    "min_annotations_to_start_training": BIGGEST_ID,
    "overlap_cohort_percentage": 100,
}
TEXTS = {"color": 16, "model_version": 256, "expert_instruction": 100_000}
CHOICES = {
    "sampling": {"Sequential sampling", "Uniform sampling", "Uncertainty sampling"},
    "skip_queue": {"REQUEUE_FOR_ME", "REQUEUE_FOR_OTHERS", "IGNORE_SKIPPED"},
}
WEIGHTS = "control_weights"
TASK = ("id", "data", "meta", "created_at", "updated_at")
ANNOTATION = (
    *("id", "task_id", "completed_by_id", "result", "was_cancelled", "ground_truth", "lead_time", "unique_id"),
    *("created_at", "updated_at", "updated_by_id"),
)
ELSEWHERE = ("/data/upload/", "/data/local-files/", "s3://", "gs://", "azure-blob://")


def projects(source: Source, scope: Scope, people: Container[int], report: Report) -> Iterator[dict[str, Any]]:
    """The projects; an unknown creator is none."""
    select = source.select("project", *PROJECT, *SWITCHES, *NUMBERS, *TEXTS, *CHOICES, WEIGHTS)
    for values in source.rows(select.where(source["project"].c.id.in_(scope.projects))):
        row = Row("project", values, report)
        creator, title = row.id("created_by_id"), visible(row.line("title", TITLE_LENGTH))
        if not title:
            row.change("the title was empty and became the number")
        yield {
            "id": row.id("id"),
            "title": title or f"Project {row.id('id')}",
            "description": row.text("description", DESCRIPTION_LENGTH),
            "label_config": row.text("label_config") or LABEL_CONFIG,
            "created_by_id": creator if creator in people else None,
            "options": _options(row),
            **_times(row),
        }


def _options(row: Row) -> dict[str, Any]:
    """What the API shows of a project further, as far as it has a value that the API knows."""
    found: dict[str, Any] = {name: row.is_true(name) for name in SWITCHES if not row.is_null(name)}
    found |= {name: row.number(name, 0, most) for name, most in NUMBERS.items()}
    found |= {name: row.text(name, most) for name, most in TEXTS.items() if not row.is_null(name)}
    found |= {name: row.raw(name) for name, known in CHOICES.items() if row.raw(name) in known}
    found |= {WEIGHTS: row.object(WEIGHTS)}
    return {name: value for name, value in found.items() if value is not None}


def tasks(source: Source, scope: Scope, report: Report) -> Iterator[tuple[int, dict[str, Any]]]:
    """The tasks, each with its length."""
    table = source["task"]
    select = source.select("task", *TASK).add_columns(table.c.project_id)
    for values in source.rows(select.where(table.c.id.in_(scope.tasks))):
        row = Row("task", values, report)
        report.tasks_with_files_elsewhere.update(place for place in ELSEWHERE if place in row.raw("data"))
        yield (
            len(row.raw("data")),
            {
                "id": row.id("id"),
                "project_id": row.id("project_id"),
                "data": row.object("data") or {},
                "meta": row.object("meta"),
                **_times(row),
            },
        )


def annotations(
    source: Source, scope: Scope, people: Container[int], lost: int | None, report: Report
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The annotations, each with its length; those of unknown authors belong to the account `lost`."""
    table, task = source["task_completion"], source["task"]
    select = source.select("task_completion", *ANNOTATION).add_columns(task.c.project_id.label("project_id"))
    select = select.join(task, task.c.id == table.c.task_id).where(table.c.id.in_(scope.annotations))
    for values in source.rows(select):
        row = Row("annotation", values, report)
        author, editor = row.id("completed_by_id"), row.id("updated_by_id")
        if author is None or author not in people:
            author = lost
            row.change("the author is gone: it belongs to a deleted account")
        yield len(row.raw("result")), _annotation(row, author, editor if editor in people else None)


def _annotation(row: Row, author: int | None, editor: int | None) -> dict[str, Any]:
    result = row.json("result")
    if not isinstance(result, list):
        row.change("the result was no list and became one")
        result = [] if result is None else [result]
    return {
        "id": row.id("id"),
        "task_id": row.id("task_id"),
        "project_id": row.id("project_id"),
        "completed_by_id": author,
        "result": result,
        "was_cancelled": row.is_true("was_cancelled"),
        "ground_truth": row.is_true("ground_truth"),
        "lead_time": row.seconds("lead_time"),
        "unique_id": row.uuid("unique_id"),
        "updated_by_id": editor,
        **_times(row),
    }


def _times(row: Row) -> dict[str, Any]:
    created = row.moment("created_at", None) or utcnow()
    return {"created_at": created, "updated_at": row.moment("updated_at", created)}
