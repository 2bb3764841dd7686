"""Deletes a project."""

from sqlalchemy import delete

from ls.db.extensions import db
from ls.models import Annotation, Contribution, Project, Task


def delete_project(project: Project) -> None:
    """Delete the project with its tasks, annotations and contributions, inside `write()`. Raises NotFound."""
    project = Project.lock_for_update(project.id)
    for part in (Annotation, Task, Contribution):  # children first: deleting them by cascade, row by row, is slow
        statement = delete(part).where(part.project_id == project.id)
        db.session.execute(statement, execution_options={"synchronize_session": False})
    db.session.delete(project)
    db.session.flush()
