"""Checks that an archive is whole and a backup of this product. Its content is written to a scratch folder only."""

import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete

from ls.backup.archive import DATABASE, FORMAT, MANIFEST, OLD_DATABASE, SECRET_KEY, BackupRefused, file_digest
from ls.backup.archive_rows import check_revision, opened, take_rows
from ls.backup.progress import Bar, no_bar
from ls.config.parsers import KEY_BYTES
from ls.db.migrate import HEAD, REVISIONS, migrate
from ls.db.sqlite import file_engine
from ls.models import OutgoingMail

SMALL = 100_000  # bytes; manifest and key are smaller, an archive that claims more is refused


@dataclass(frozen=True, slots=True)
class CheckedArchive:
    """An archive that was found whole: its rows in a database of our own schema, and its key."""

    database: Path
    secret_key: str


def check(source: Path, scratch: Path, bar: Bar = no_bar) -> CheckedArchive:
    """Unpack the archive into `scratch` and check all of it. Raises BackupRefused."""
    try:
        database = _unpack(source, scratch)
        manifest = json.loads((scratch / MANIFEST).read_text(encoding="utf-8"))
        secret_key = (scratch / SECRET_KEY).read_text(encoding="utf-8")
        digests = {path.name: file_digest(path) for path in (database, scratch / SECRET_KEY)}
        is_whole = manifest["sha256"] == digests and len(secret_key.encode()) >= KEY_BYTES
    except Exception as error:  # anybody may have made the file, so anything can be wrong with it
        raise BackupRefused(f"{source} is no backup that can be read: {error}") from error
    if not is_whole:
        raise BackupRefused(f"{source} is damaged: what it holds is not what was put in.")
    if manifest.get("format") != FORMAT or manifest.get("schema") not in REVISIONS:
        raise BackupRefused(f"{source} was made by a newer version ({manifest.get('version')}). Update the program.")
    try:
        return CheckedArchive(_rows_in_our_schema(database, manifest["schema"], bar), secret_key)
    except Exception as error:  # as above
        reason = str(error).partition("\n")[0]
        raise BackupRefused(f"The database in {source} cannot be restored: {reason}") from error


def _unpack(source: Path, scratch: Path) -> Path:
    """Write the three members, and no other, into `scratch`; returns the path of the database."""
    with tarfile.open(source, mode="r:gz") as tar:
        database = OLD_DATABASE if OLD_DATABASE in tar.getnames() else DATABASE
        for name in (MANIFEST, SECRET_KEY, database):
            member = tar.getmember(name)
            if not member.isreg() or (member.size > SMALL and name != database):
                raise KeyError(name)
            if member.size > shutil.disk_usage(scratch).free:
                raise ValueError(f"it needs {member.size >> 20} MiB of room in the data folder")
            tar.extract(member, scratch, set_attrs=False, filter="data")
    return scratch / database


def _rows_in_our_schema(database: Path, schema: str, bar: Bar) -> Path:
    """A new database of the present schema with the archive's rows, and with nothing else from there.

    They are copied into an empty database of their own revision first, so that only our own schema is migrated.
    """
    target = database.with_name("rows")
    with (
        opened(database) as reading,
        file_engine(target).connect().execution_options(write=True) as writing,
    ):
        check_revision(reading, schema)
        migrate(writing, schema)
        take_rows(reading, writing, bar)
        migrate(writing, HEAD)
        writing.execute(delete(OutgoingMail))  # it was sent since, or is not true any more
        writing.commit()
    return target
