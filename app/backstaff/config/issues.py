"""Collecting everything that is wrong, so that it can be told at once."""

from backstaff.config.positions import KeyPath, Position, path_text
from backstaff.errors import ConfigError, ConfigIssue


class IssueList:
    """What was found wrong, and what merely deserves a warning."""

    def __init__(self) -> None:
        self.issues: list[ConfigIssue] = []
        self.warnings: list[ConfigIssue] = []

    def add_at(self, place: Position, path: KeyPath, message: str, suggestion: str = "") -> None:
        """Notes an error at a place."""
        self.issues.append(_issue(place, path, message, suggestion))

    def warn_at(self, place: Position, message: str, path: KeyPath = ()) -> None:
        """Notes something that works but surely was not meant."""
        self.warnings.append(_issue(place, path, message, ""))

    def forget_after(self, count: int) -> None:
        """Drops all errors but the first `count`: the others follow from one that is told already."""
        del self.issues[count:]

    def raise_if_any(self) -> None:
        """Raises ConfigError with every issue, each told once; does nothing without issues."""
        if self.issues:
            raise ConfigError(tuple(dict.fromkeys(self.issues)))


def _issue(place: Position, path: KeyPath, message: str, suggestion: str) -> ConfigIssue:
    return ConfigIssue(place.file, place.line, place.column, path_text(path), message, suggestion)
