"""The index of a journal: Boards at some of its places, so that any time is near one of them."""

import zlib
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from backstaff.events.board import Board
from backstaff.replay.blobs import Blobs
from backstaff.replay.breakdown import Breakdown
from backstaff.replay.entries import Damage
from backstaff.replay.marks import Mark, Marks

_BOARD: TypeAdapter[Board] = TypeAdapter(Board)
_LARGEST_BOARD = 256 * 1024 * 1024
MOST_DAMAGES = 1_000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The Board before the line at `offset`, and where it is kept.

    `lines`, `seq` and `at` tell how far it is; `highest_t` is the latest time of all that came before."""

    offset: int
    lines: int
    seq: int
    at: datetime | None
    highest_t: float
    place: int
    size: int
    crc: int


@dataclass
class Contents:
    """What an index knows of the journal's lines up to byte `covered`. Plain data, kept in the file.

    `damages` are the first ones, `damaged` counts all."""

    covered: int = 0
    lines: int = 0
    events: int = 0
    last_t: float = 0.0
    highest_t: float = 0.0
    checkpoints: list[Checkpoint] = field(default_factory=list)
    marks: Marks = field(default_factory=Marks)
    damages: list[Damage] = field(default_factory=list)
    damaged: int = 0
    breakdown: Breakdown | None = None
    """Where the time went up to byte `broken_down`; None if that was never asked for."""
    broken_down: int = 0


class Index:
    """An index that is being made, or one that is read. May be read from one thread while made in another."""

    def __init__(self, contents: Contents, blobs: Blobs) -> None:
        self.contents = contents
        self.blobs = blobs

    @property
    def covered(self) -> int:
        """Up to which byte the journal is known."""
        return self.contents.covered

    @property
    def covered_t(self) -> float:
        """Up to how many seconds into the run a seek is quick."""
        return self.contents.highest_t

    @property
    def damages(self) -> tuple[Damage, ...]:
        """The lines that can not be read, with their numbers; the first thousand of them."""
        return tuple(self.contents.damages)

    @property
    def damaged(self) -> int:
        """How many lines can not be read."""
        return self.contents.damaged

    def marks(self) -> list[Mark]:
        """What stands on the timeline, in the order of time, as far as the journal is known."""
        return self.contents.marks.all(self.contents.last_t)

    def nearest_to(self, t: float) -> tuple[Board, int]:
        """A new Board before which nothing is later than `t`, and the byte from which to go on."""
        checkpoints = self.contents.checkpoints
        return self._restored(bisect_right(checkpoints, t, key=lambda each: each.highest_t))

    def nearest_before(self, offset: int) -> tuple[Board, int]:
        """A new Board at or before the line that begins at `offset`, and the byte from which to go on."""
        checkpoints = self.contents.checkpoints
        return self._restored(bisect_right(checkpoints, offset, key=lambda each: each.offset))

    def add(self, board: Board) -> bool:
        """Keep the Board of the place that is covered now. Raises OSError if there is no room.

        False for a Board that can not be kept: one with something in it that no file can hold."""
        packed = packed_board(board)
        if packed is None:
            return False
        contents = self.contents
        if contents.checkpoints and contents.checkpoints[-1].offset == contents.covered:
            return True
        contents.checkpoints.append(
            Checkpoint(
                offset=contents.covered,
                lines=contents.lines,
                seq=board.seq,
                at=board.at,
                highest_t=contents.highest_t,
                place=self.blobs.add(packed),
                size=len(packed),
                crc=zlib.crc32(packed),
            )
        )
        return True

    def is_sound(self, checkpoint: Checkpoint) -> bool:
        """Whether what is kept of a Board is what was written."""
        return zlib.crc32(self.blobs.read(checkpoint.place, checkpoint.size)) == checkpoint.crc

    def restored(self, checkpoint: Checkpoint) -> Board | None:
        """The Board of a checkpoint, None if it is damaged."""
        packed = self.blobs.read(checkpoint.place, checkpoint.size)
        return unpacked_board(packed) if zlib.crc32(packed) == checkpoint.crc else None

    def _restored(self, count: int) -> tuple[Board, int]:
        """The last sound one of the first `count` checkpoints."""
        for checkpoint in self.contents.checkpoints[:count][::-1]:
            board = self.restored(checkpoint)
            if board is not None:
                return board, checkpoint.offset
        return Board(), 0


def packed_board(board: Board) -> bytes | None:
    """A Board in a few bytes, None if it has something in it that JSON has not."""
    try:
        return zlib.compress(_BOARD.dump_json(board), 1)
    except (PydanticSerializationError, ValueError):
        return None


def unpacked_board(packed: bytes) -> Board | None:
    """The Board again, None if that was none."""
    try:
        return _BOARD.validate_json(zlib.decompressobj().decompress(packed, _LARGEST_BOARD))
    except (zlib.error, ValidationError):
        return None
