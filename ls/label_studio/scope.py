"""Which rows move in: those of one organization, without what is deleted or belongs to nothing."""

from typing import Any

from sqlalchemy import func, or_, select

from ls.label_studio.report import Report
from ls.label_studio.row import number
from ls.label_studio.source import MoveRefused, Source
from ls.validation import BIGGEST_ID

# What cannot be done without. All else may be missing.
NEEDED = {
    "htx_user": ("id", "email", "password", "is_active"),
    "organization": ("id", "title"),
    "organizations_organizationmember": ("user_id", "organization_id"),
    "authtoken_token": ("key", "user_id"),
    "project": ("id", "title", "organization_id", "created_by_id"),
    "task": ("id", "project_id", "data"),
    "task_completion": ("id", "task_id", "completed_by_id", "result", "was_cancelled"),
}
NUMBERED = {"people": "htx_user", "projects": "project", "tasks": "task", "annotations": "task_completion"}
LEFT = {
    "drafts": "tasks_annotationdraft",
    "predictions": "prediction",
    "views": "data_manager_view",
    "webhooks": "webhook",
    "file_uploads": "data_import_fileupload",
    "labels": "labels_manager_label",
    "ml_backends": "ml_mlbackend",
}


class Scope:
    """The selects of the ids that move in."""

    def __init__(self, source: Source, organization_id: int) -> None:
        self.organization_id = organization_id
        projects, tasks, annotations = source["project"].c, source["task"].c, source["task_completion"].c
        mine = or_(projects.organization_id == organization_id, projects.organization_id.is_(None))
        is_kept = projects.deleted_at.is_(None) if "deleted_at" in projects else mine
        self.projects = select(projects.id).where(mine, is_kept)
        self.tasks = select(tasks.id).where(tasks.project_id.in_(self.projects))
        self.annotations = select(annotations.id).where(annotations.task_id.in_(self.tasks))
        self.authors = select(annotations.completed_by_id).where(annotations.id.in_(self.annotations)).distinct()
        self.creators = select(projects.created_by_id).where(projects.id.in_(self.projects)).distinct()

    def counts(self, source: Source) -> dict[str, int]:
        """How many rows move in."""
        selects: dict[str, Any] = {"projects": self.projects, "tasks": self.tasks, "annotations": self.annotations}
        return {name: source.count(rows.subquery()) for name, rows in selects.items()}


def check_tables(source: Source) -> None:
    """Raise MoveRefused unless this is a whole database of Label Studio."""
    for name, columns in NEEDED.items():
        if missing := [name] if not source.has(name) else [each for each in columns if not source.has(name, each)]:
            kind = "column" if source.has(name) else "table"
            where = f" in {name}" if source.has(name) else ""
            raise MoveRefused(f"{source.name} is no database of Label Studio: no {kind} {missing[0]}{where}.")
    for name in NUMBERED.values():
        if source.keys[name] != ["id"]:
            raise MoveRefused(f"{source.name} is not complete: {name} has no primary key. Load the dump to its end.")
        lowest, highest = source.connection.scalar(select(func.min(source[name].c.id))), source.last_id(name)
        if lowest is not None and not 0 < lowest <= highest < BIGGEST_ID:
            raise MoveRefused(f"{source.name} has ids in {name} that cannot be kept: {lowest} to {highest}.")


def choose_organization(source: Source, wanted: int | None) -> int:
    """The id of the organization that moves in: the only one, or the one that is wanted. Raises MoveRefused."""
    rows = source.rows(source.select("organization", "id", "title"))
    titles = {number(row["id"], 1, BIGGEST_ID): row["title"] for row in rows}
    chosen = next(iter(titles)) if wanted is None and len(titles) == 1 else wanted
    if chosen is not None and chosen in titles:
        return chosen
    listed = ", ".join(f"{each} ({title!r})" for each, title in titles.items())
    raise MoveRefused(f"Choose the organization that moves in, with --organization N: {listed or 'there is none'}.")


def count_left(source: Source, report: Report, moved: dict[str, int]) -> None:
    """Note in the report what stays in Label Studio."""
    for name, table in LEFT.items():
        report.left[name] = source.count(source[table]) if source.has(table) else 0
    report.left["storages"] = sum(source.count(found) for name, found in source.tables.items() if _is_storage(name))
    for name, table in NUMBERED.items():
        report.left[f"other_{name}"] = source.count(source[table]) - moved[name]


def _is_storage(name: str) -> bool:
    return name.startswith("io_storages_") and name.endswith("storage")
