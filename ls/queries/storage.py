"""What the server keeps, and how much room is left, for the organization page."""

import shutil
from datetime import datetime
from typing import NamedTuple

from flask import current_app
from sqlalchemy import func, select, text

from ls.db.extensions import db
from ls.models import Avatar, Event

KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
SIZES = {
    "sqlite": text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
    "postgresql": text("SELECT pg_database_size(current_database())"),
}
LAST_BACKUP = select(Event.at).where(Event.kind == "backup_written").order_by(Event.id.desc()).limit(1)
PICTURES = select(func.count(), func.coalesce(func.sum(func.length(Avatar.data)), 0))


class Storage(NamedTuple):
    """Sizes in bytes."""

    database: str
    database_size: int
    pictures: int
    pictures_size: int
    free: int
    last_backup: datetime | None


def read_storage() -> Storage:
    """The database, the pictures in it, the free room of the data folder, and when the last backup was written."""
    kind = db.engine.dialect.name
    size = db.session.scalar(SIZES[kind]) or 0
    pictures, pictures_size = db.session.execute(PICTURES).one()
    free = shutil.disk_usage(current_app.config["BASE_DATA_DIR"]).free
    return Storage(KINDS[kind], size, pictures, pictures_size, free, db.session.scalar(LAST_BACKUP))
