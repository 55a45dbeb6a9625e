"""Bytes that come in pieces, as lines of bounded length; no I/O."""

from collections.abc import Iterator

LONGEST_LINE = 1024 * 1024
CUT_MARK = " […line cut after 1 MiB]"


class LineBuffer:
    """Collects bytes into lines. A line over `LONGEST_LINE` bytes is cut and marked; its rest is dropped."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._cut = False

    def feed(self, data: bytes) -> Iterator[str]:
        """Every line that `data` completes, without line ends, decoded with replacement characters."""
        *complete, rest = data.split(b"\n")
        for part in complete:
            self._add(part)
            yield self.flush()
        self._add(rest)

    def flush(self) -> str:
        """What is there of a line that has no end yet."""
        text = bytes(self._kept).removesuffix(b"\r").decode("utf-8", "replace")
        mark = CUT_MARK if self._cut else ""
        self._kept.clear()
        self._cut = False
        return text + mark

    @property
    def too_long(self) -> bool:
        """Whether the line that was begun is longer than what is kept of it."""
        return self._cut

    @property
    def empty(self) -> bool:
        """Whether nothing is kept."""
        return not self._kept

    def _add(self, part: bytes) -> None:
        room = LONGEST_LINE - len(self._kept)
        self._kept += part[:room]
        self._cut = self._cut or len(part) > room
