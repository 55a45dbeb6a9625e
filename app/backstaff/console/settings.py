"""What the console remembers from one time to the next: a small file in the state directory."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex

from backstaff.events.journal import journal_directory


@dataclass(frozen=True)
class Settings:
    """The choices of an operator. Empty means: never chosen."""

    theme: str = ""


def settings_file() -> Path:
    """Where the settings are kept, beside the journals."""
    return journal_directory().parent / "console.json"


def load_settings(file: Path) -> Settings:
    """What was remembered. A file that is missing, broken or from another version counts as nothing."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    theme = found.get("theme") if isinstance(found, dict) else None
    return Settings(theme=theme if isinstance(theme, str) else "")


def save_settings(file: Path, settings: Settings) -> None:
    """Remember; the file is replaced as a whole. Raises `OSError`."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(asdict(settings), stream)
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise
