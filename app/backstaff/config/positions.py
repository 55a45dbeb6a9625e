"""Places in configuration files, and what was read there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the root of the configuration to a value."""


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file. Lines and columns count from 1; line 0 means the file as a whole."""

    file: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)


SourceMap = Mapping[KeyPath, Position]
"""Where each value of the merged configuration was written, root to leaves in file order."""


def path_text(path: KeyPath) -> str:
    """A key path the way Kamal writes it: `servers/web/hosts/0`."""
    return "/".join(str(part) for part in path)
