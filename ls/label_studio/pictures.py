"""Profile pictures from Label Studio's media folder, scaled down and encoded anew before anything is written."""

from dataclasses import dataclass
from pathlib import Path

from ls.images.avatar import PictureRefused, read_larger_picture
from ls.label_studio.row import Row

MOST_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture that waits in a file, so that those of many people need no memory."""

    file: Path
    media_type: str


def prepare(row: Row, media: Path | None, scratch: Path) -> StoredPicture | None:
    """The account's picture, None if there is none or it cannot be used, which the report says."""
    name = row.raw("avatar")
    if not name:
        return None
    try:
        picture = read_larger_picture(_read(media, name))
    except (OSError, ValueError, RuntimeError) as problem:  # RuntimeError: links that lead in a circle
        said = problem if isinstance(problem, PictureRefused) else "its file is not in the media folder"
        row.change(f"the picture was left out ({said})")
        return None
    file = scratch / picture.name
    file.write_bytes(picture.data)
    return StoredPicture(file, picture.media_type)


def _read(media: Path | None, name: str) -> bytes:
    """The bytes of an ordinary file in media/avatars. Raises OSError, ValueError or RuntimeError else."""
    if media is None:
        raise FileNotFoundError
    folder = (media / "avatars").resolve()
    file = (media / name).resolve()
    if not (file.is_relative_to(folder) and file.is_file() and file.stat().st_size <= MOST_BYTES):
        raise FileNotFoundError
    return file.read_bytes()
