"""What CI systems make of a log: collapsible sections per phase, and an annotation for a failure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from backstaff.errors import BackstaffError, ConfigError, ConfigIssue
from backstaff.events.evidence_line import evidence_line
from backstaff.events.inert import inert, inert_lines

if TYPE_CHECKING:
    # The models take their time, and all that prints a line comes by here.
    from backstaff.events.facts import FailureCard, Phase

_MOST_EVIDENCE = 5
"""Lines of it in an annotation, which stands beside the log."""


class CiFormat(Protocol):
    """The marks of one CI system. What others wrote is inert in them."""

    def begin(self, phase: "Phase", title: str, at: datetime) -> list[str]:
        """Open a section; sections are never nested."""
        ...

    def end(self, phase: "Phase", at: datetime) -> list[str]:
        """Close a section."""
        ...

    def annotation(self, card: "FailureCard") -> list[str]:
        """Mark a failure so that the system shows it beside the log."""
        ...

    def error(self, error: BackstaffError) -> list[str]:
        """Mark an error that came before a run began."""
        ...

    def guard(self, line: str) -> str:
        """An inert line with nothing in it that the system would take for a mark."""
        ...


class PlainFormat:
    """No CI: no marks."""

    def begin(self, phase: "Phase", title: str, at: datetime) -> list[str]:  # noqa: ARG002
        """Nothing."""
        return []

    def end(self, phase: "Phase", at: datetime) -> list[str]:  # noqa: ARG002
        """Nothing."""
        return []

    def annotation(self, card: "FailureCard") -> list[str]:  # noqa: ARG002
        """Nothing."""
        return []

    def error(self, error: BackstaffError) -> list[str]:  # noqa: ARG002
        """Nothing."""
        return []

    def guard(self, line: str) -> str:
        """The line itself."""
        return line


class GitHubFormat:
    """GitHub Actions: workflow commands. They are recognised at the start of a line, and in their old form
    (`##[…]`) anywhere in it."""

    def begin(self, phase: "Phase", title: str, at: datetime) -> list[str]:  # noqa: ARG002
        """`::group::`."""
        return ["::group::" + _github_data("\n".join(inert_lines(title)))]

    def end(self, phase: "Phase", at: datetime) -> list[str]:  # noqa: ARG002
        """`::endgroup::`."""
        return ["::endgroup::"]

    def annotation(self, card: "FailureCard") -> list[str]:
        """`::error`, with the card's title, cause, evidence and fix."""
        return [_github_error(card.title, card.cause, card.evidence, card.fix)]

    def error(self, error: BackstaffError) -> list[str]:
        """`::error`, for a configuration one per issue, at its file and line."""
        if isinstance(error, ConfigError):
            return [_github_issue(issue) for issue in error.issues]
        return [_github_error("backstaff", str(error), error.evidence, error.fix)]

    def guard(self, line: str) -> str:
        """Break what looks like a command."""
        line = _no_old_command(line)
        return f".{line}" if line.lstrip().startswith("::") else line


class GitLabFormat:
    """GitLab CI: sections are marked by escape codes; it knows no annotation in the log."""

    def begin(self, phase: "Phase", title: str, at: datetime) -> list[str]:
        """`section_start`."""
        return [f"\x1b[0Ksection_start:{int(at.timestamp())}:{_gitlab_name(phase)}\r\x1b[0K{inert(title)}"]

    def end(self, phase: "Phase", at: datetime) -> list[str]:
        """`section_end`."""
        return [f"\x1b[0Ksection_end:{int(at.timestamp())}:{_gitlab_name(phase)}\r\x1b[0K"]

    def annotation(self, card: "FailureCard") -> list[str]:  # noqa: ARG002
        """Nothing."""
        return []

    def error(self, error: BackstaffError) -> list[str]:  # noqa: ARG002
        """Nothing."""
        return []

    def guard(self, line: str) -> str:
        """The line itself: marks need escape codes, and none are left in it."""
        return line


def ci_format(environ: Mapping[str, str]) -> CiFormat:
    """The format of the CI system that runs us, by its own variable."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return GitHubFormat()
    if environ.get("GITLAB_CI") == "true":
        return GitLabFormat()
    return PlainFormat()


def _github_error(title: str, cause: str, evidence: Sequence[str], fix: str) -> str:
    parts = [inert(cause), *map(evidence_line, evidence[:_MOST_EVIDENCE]), *inert_lines(fix)]
    text = "\n".join(part for part in parts if part)
    return f"::error title={_github_property(inert(title))}::{_github_data(text)}"


def _github_issue(issue: ConfigIssue) -> str:
    place = f"file={_github_property(inert(str(issue.file)))}"
    place += f",line={issue.line},col={issue.column}" if issue.line else ""
    text = f"{issue.path}: {issue.message}" if issue.path else issue.message
    return f"::error {place}::{_github_data(inert(text))}"


def _github_data(text: str) -> str:
    return _no_old_command(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _no_old_command(text: str) -> str:
    return text.replace("##[", "## [")


def _github_property(text: str) -> str:
    return _github_data(text).replace(":", "%3A").replace(",", "%2C")


def _gitlab_name(phase: "Phase") -> str:
    return "backstaff_" + re.sub(r"\W", "_", phase.value)
