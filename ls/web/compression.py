"""Fewer bytes over the wire: gzip for texts, and static files that a browser keeps for ever."""

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import quote

from flask import Flask, Response, abort, current_app, request
from werkzeug.http import parse_accept_header
from werkzeug.security import safe_join

SMALLEST = 1024
DYNAMIC_LEVEL = 5
STATIC_LEVEL = 9
HASH_DIGITS = 10
FOREVER = "public, max-age=31536000, immutable"
TEXT_TYPES = frozenset(
    {
        "text/html",
        "text/css",
        "text/plain",
        "text/csv",
        "text/javascript",
        "application/javascript",
        "application/json",
        "image/svg+xml",
    }
)

# id1 id2, method deflate, flag FNAME, no time, no extra flags, unknown system (RFC 1952).
_GZIP_HEAD = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"
_NEVER_COMPRESSED = frozenset({204, 206, 304})


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A static file as it is sent; `packed` is None where gzip gains nothing."""

    version: tuple[int, int]
    content_type: str
    digest: str
    content: bytes
    packed: bytes | None


_files: dict[str, StaticFile] = {}


def init_app(app: Flask) -> None:
    """Compress answers, serve static files from memory, and give templates `static_url`."""
    app.after_request(compress)
    app.jinja_env.globals["static_url"] = static_url
    if "static" in app.view_functions:
        app.view_functions["static"] = send_static


def static_url(filename: str) -> str:
    """The file's URL with the hash of its content, so that a browser may keep it for ever."""
    digest = _static_file(filename).digest[:HASH_DIGITS]
    return f"{request.script_root}{current_app.static_url_path}/{quote(filename)}?v={digest}"


def send_static(filename: str) -> Response:
    """The static file: for ever if asked for by its hash, else to be asked about each time."""
    try:
        file = _static_file(filename)
    except (OSError, ValueError):
        abort(404)
    packed = file.packed if accepts_gzip(request.headers.get("Accept-Encoding", "")) else None
    response = Response(packed or file.content, content_type=file.content_type)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if file.packed:
        response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(file.digest[:32], weak=True)  # weak: packed and plain are the same file
    is_named = request.args.get("v") == file.digest[:HASH_DIGITS]
    response.headers["Cache-Control"] = FOREVER if is_named else "no-cache"
    response.make_conditional(request)
    return response


def compress(response: Response) -> Response:
    """Compress an answer that is a whole text of some length, if the browser takes gzip."""
    if not _is_compressible(response):
        return response
    response.vary.add("Accept-Encoding")
    if not accepts_gzip(request.headers.get("Accept-Encoding", "")):
        return response
    response.set_data(gzip_padded(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    etag, is_weak = response.get_etag()
    if etag and not is_weak:
        response.set_etag(etag, weak=True)
    return response


def _is_compressible(response: Response) -> bool:
    return (
        (response.content_type or "").partition(";")[0] in TEXT_TYPES
        and response.status_code >= 200
        and response.status_code not in _NEVER_COMPRESSED
        and not response.direct_passthrough
        and not response.is_streamed
        and "Content-Encoding" not in response.headers
        and len(response.get_data()) >= SMALLEST
    )


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Does the header allow gzip, by name or by `*`?"""
    wanted = dict(parse_accept_header(accept_encoding.lower()))
    return wanted.get("gzip", wanted.get("*", 0)) > 0


def gzip_padded(data: bytes) -> bytes:
    """Gzip with a file name of random length.

    A page holds secrets beside what a visitor typed; without the noise its compressed length would
    tell, guess by guess, what they have in common (BREACH, CVE-2013-3587).
    """
    name = b"a" * (os.urandom(1)[0] % 100) + b"\0"
    return _GZIP_HEAD + name + _deflated(data, DYNAMIC_LEVEL)


def _deflated(data: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    tail = struct.pack("<LL", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return packer.compress(data) + packer.flush() + tail


def _static_file(filename: str) -> StaticFile:
    path = safe_join(str(current_app.static_folder), filename)
    if path is None:
        raise FileNotFoundError(filename)
    status = Path(path).stat()
    version = (status.st_mtime_ns, status.st_size)
    found = _files.get(path)
    if found is None or found.version != version:
        found = _files[path] = _read(Path(path), version)
    return found


def _read(path: Path, version: tuple[int, int]) -> StaticFile:
    content = path.read_bytes()
    kind = guess_type(path.name)[0] or "application/octet-stream"
    packed = None
    if kind in TEXT_TYPES and len(content) >= SMALLEST:
        packed = _GZIP_HEAD + b"\0" + _deflated(content, STATIC_LEVEL)
    return StaticFile(
        version=version,
        content_type=f"{kind}; charset=utf-8" if kind in TEXT_TYPES else kind,
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
        packed=packed,
    )
