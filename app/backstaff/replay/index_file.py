"""An index in its file: found again if it still belongs to the journal, else made anew.

The file is `MAGIC`, the packed Boards, the packed table of what is where, and a trailer that tells where the
table is and what its digest must be. Nothing in it is trusted before it was checked, and nothing is run.
"""

import fcntl
import os
import stat
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import backstaff
from backstaff.replay.blobs import MAGIC, Blobs
from backstaff.replay.index import Contents, Index
from backstaff.replay.index_path import unfinished
from backstaff.replay.source import Source, SourceStamp

_TRAILER = struct.Struct("<QQ16s16s")
_LARGEST_TABLE = 64 * 1024 * 1024
_PROBE = 4096
_OTHERS_MAY_WRITE = 0o022


@dataclass(frozen=True)
class _Table:
    """`made_by` is the code that made it; `journal` its file as it was then; `ends` a digest of the first and
    the last bytes that are covered."""

    made_by: str
    journal: SourceStamp
    ends: str
    contents: Contents


_TABLE: TypeAdapter[_Table] = TypeAdapter(_Table)


def load_index(path: Path, source: Source) -> Index | None:
    """The index in a file; None if there is none, it is damaged, or it is not of this journal as it is now.

    A journal that has only grown since keeps its index: that covers its beginning."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    found = os.fstat(descriptor)
    blobs = Blobs(descriptor, 0, path.parent)
    table = _read_table(blobs, found.st_size) if _is_our_own(found) else None
    if table is None or not _belongs(table, source):
        blobs.close()
        return None
    return Index(table.contents, blobs)


def save_index(index: Index, path: Path, source: Source) -> None:
    """Keep an index for the next time, readable by its owner alone; the file is replaced as a whole.

    If another process saves one just now, that one is kept. Raises OSError if it can not be written."""
    table = _Table(_made_by(), source.stamp(), _ends(source, index.covered), index.contents)
    packed = zlib.compress(_TABLE.dump_json(table), 1)
    new = unfinished(path)
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if not _is_ours_to_write(descriptor, new):
            return
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
        written = index.blobs.copy_into(descriptor)
        place = written.add(packed)
        written.add(_TRAILER.pack(place, len(packed), _digest(packed), MAGIC))
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
    finally:
        os.close(descriptor)


def _is_ours_to_write(descriptor: int, path: Path) -> bool:
    """Locks the file, whose name must still be its own: it could just have become the index of another."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(descriptor).st_ino == path.stat(follow_symlinks=False).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False


def _is_our_own(found: os.stat_result) -> bool:
    """Nobody else may show an operator another run than the journal tells of."""
    return (
        stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_MAY_WRITE
    )


def _read_table(blobs: Blobs, size: int) -> _Table | None:
    trailer = blobs.read(size - _TRAILER.size, _TRAILER.size) if size > _TRAILER.size else b""
    if len(trailer) != _TRAILER.size or blobs.read(0, len(MAGIC)) != MAGIC:
        return None
    place, length, digest, magic = _TRAILER.unpack(trailer)
    if magic != MAGIC or place + length + _TRAILER.size != size:
        return None
    packed = blobs.read(place, length)
    if _digest(packed) != digest:
        return None
    blobs.length = place
    try:
        return _TABLE.validate_json(zlib.decompressobj().decompress(packed, _LARGEST_TABLE))
    except (zlib.error, ValidationError):
        return None


def _belongs(table: _Table, source: Source) -> bool:
    then, now = table.journal, source.stamp()
    changed = now.size < then.size or (now.size == then.size and now.mtime_ns != then.mtime_ns)
    return (
        table.made_by == _made_by()
        and not changed
        and now.inode == then.inode
        and table.ends == _ends(source, table.contents.covered)
    )


def _ends(source: Source, covered: int) -> str:
    first = source.read(0, min(_PROBE, covered))
    last = source.read(max(0, covered - _PROBE), min(_PROBE, covered))
    return blake2b(first + last, digest_size=16).hexdigest()


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


@cache
def _made_by() -> str:
    """What Boards and marks in an index depend on: this program's version, and the code that makes them."""
    code = blake2b(backstaff.__version__.encode(), digest_size=16)
    for package in ("backstaff.events", "backstaff.explain", "backstaff.replay"):
        modules = [each for each in files(package).iterdir() if each.name.endswith(".py")]
        for module in sorted(modules, key=lambda each: each.name):
            code.update(module.read_bytes())
    return code.hexdigest()
