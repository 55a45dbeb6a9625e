"""`--json`: every event as one line of JSON, and nothing else; an error without a run is one object too."""

from typing import Literal

from backstaff.errors import BackstaffError, ConfigError
from backstaff.events.facts import Fact
from backstaff.events.types import FORMAT_VERSION, Event
from backstaff.explain.words import counted
from backstaff.half_characters import without_halves
from backstaff.headless.outlet import Outlet


class JsonSink:
    """A sink that writes events as they are in a journal."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def __call__(self, event: Event) -> None:
        """Write one event."""
        self._outlet.record(event.to_line())


class IssueRecord(Fact):
    """One thing wrong in a configuration file. Lines and columns count from 1; 0 means the whole file."""

    file: str
    line: int
    column: int
    path: str
    message: str
    suggestion: str = ""


class ErrorRecord(Fact):
    """What ended a command without a run, or before one began. `exit_code` is that of the process.

    `kind` tells it from the events of a run, whose format version it shares. A wrong configuration has its
    `issues`, all of them; other errors have none."""

    v: int = FORMAT_VERSION
    kind: Literal["error"] = "error"
    exit_code: int
    what: str
    where: str = ""
    evidence: tuple[str, ...] = ()
    fix: str = ""
    issues: tuple[IssueRecord, ...] = ()

    def to_line(self) -> str:
        """One JSON object without a line end."""
        return self.model_dump_json()


def error_record(error: BackstaffError) -> ErrorRecord:
    """The record of an error. Names of files may not be UTF-8; in JSON, they have a `?` for such a byte."""
    issues = tuple(
        IssueRecord(
            file=without_halves(str(each.file)),
            line=each.line,
            column=each.column,
            path=without_halves(each.path),
            message=without_halves(each.message),
            suggestion=without_halves(each.suggestion),
        )
        for each in (error.issues if isinstance(error, ConfigError) else ())
    )
    return ErrorRecord(
        exit_code=int(error.exit_code),
        what=without_halves(
            f"{counted(len(issues), 'issue')} in the configuration" if issues else error.what
        ),
        where=without_halves(error.where),
        evidence=tuple(map(without_halves, error.evidence)),
        fix=without_halves(error.fix),
        issues=issues,
    )
