"""The one tree of errors, each with what an operator needs and the exit code it leads to.

BackstaffError                1
├── UsageError                2   wrong options or arguments
├── ConfigError               2   deploy.yml is wrong: every issue at once
├── SecretsError              2   a secret is missing or its command failed
├── PlanRefused               2   the plan proved that the run could never end well
├── JournalError              2   a journal of an earlier run can not be read
├── LockHeld                  3   somebody else holds the deploy lock
├── HostUnreachable           4   no connection could be made before anything was changed
│   ├── HostKeyRefused        4   the host's key is unknown or has changed
│   └── LoginRefused          4   the host does not accept us
├── HostLost                  1   a connection that was up is gone
├── RemoteError               1   a step on a host failed
│   ├── CommandFailed         1   a command on the host ended with an error or by a signal
│   ├── DockerFailed          1   the Docker Engine refused a request
│   ├── ProxyEnded            1   kamal-proxy ended while it was to do something
│   └── DockerUnavailable     1   Docker is missing, forbidden to us, or does not answer
│       ├── DockerNotRunning  1   its daemon is not running, or has stopped in the middle of the run
│       └── DockerRestarted   1   its daemon ended in the middle of the run, and is back
├── WaitExpired               1   a wait reached its deadline
├── Doomed                    1   a wait could not succeed any more
├── HookFailed                1   a hook ended with an error
├── BuildFailed               1   the image could not be built or pushed
└── RunCancelled        129/130/143   a signal or an operator ended the run
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    LOCK_HELD = 3
    UNREACHABLE = 4
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class BackstaffError(Exception):
    """Base of all errors that are told to an operator.

    `what` is one sentence. `where` names the file, host or step, `evidence` what was seen (already
    split into lines), `fix` what to do next, on several lines where hosts need different things; each may be
    empty.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, what: str, *, where: str = "", evidence: Sequence[str] = (), fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.evidence = tuple(evidence)
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class UsageError(BackstaffError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, order=True)
class ConfigIssue:
    """One thing wrong in a configuration file. Lines and columns count from 1; 0 means the whole file."""

    file: Path
    line: int
    column: int
    path: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)
        subject = f"{self.path}: " if self.path else ""
        hint = f" (did you mean `{self.suggestion}`?)" if self.suggestion else ""
        return f"{place}: {subject}{self.message}{hint}"


class ConfigError(BackstaffError):
    """The configuration is wrong. Carries every issue found, sorted by file and position."""

    exit_code = ExitCode.USAGE

    def __init__(self, issues: Sequence[ConfigIssue]) -> None:
        self.issues = tuple(sorted(issues))
        super().__init__("\n".join(str(issue) for issue in self.issues))


class SecretsError(BackstaffError):
    """A secret that the run needs is missing, unreadable, or its command failed."""

    exit_code = ExitCode.USAGE


class PlanRefused(BackstaffError):
    """The plan can not be carried out to a good end, so nothing was started."""

    exit_code = ExitCode.USAGE


class JournalError(BackstaffError):
    """A file is not a journal, or not one that this version can read. `where` is the file, and the line."""

    exit_code = ExitCode.USAGE


class LockHeld(BackstaffError):
    """The deploy lock belongs to somebody else."""

    exit_code = ExitCode.LOCK_HELD


class HostUnreachable(BackstaffError):
    """No connection to a host could be made; nothing was changed on it."""

    exit_code = ExitCode.UNREACHABLE


class HostKeyRefused(HostUnreachable):
    """The host showed a key that is unknown (and may not be accepted) or differs from the known one."""


class LoginRefused(HostUnreachable):
    """The host answered and accepted none of our keys."""


class HostLost(BackstaffError):
    """A connection that was up ended or went silent in the middle of the run."""


class RemoteError(BackstaffError):
    """A step on a host failed."""


class CommandFailed(RemoteError):
    """A command on a host ended with a non-zero status, by a signal, or without telling (status None)."""

    def __init__(
        self,
        what: str,
        *,
        status: int | None,
        stderr: str = "",
        where: str = "",
        fix: str = "",
    ) -> None:
        # Only a line feed ends a line: a secret with another break in it stays in one piece to be masked.
        lines = stderr.removesuffix("\n").split("\n") if stderr else []
        super().__init__(what, where=where, evidence=lines[-10:], fix=fix)
        self.status = status
        self.stderr = stderr


class DockerFailed(RemoteError):
    """The Docker Engine answered a request with an error. `status` is the HTTP status, 0 where none came
    or what answered was not Docker."""

    def __init__(self, what: str, *, status: int, where: str = "", fix: str = "") -> None:
        super().__init__(what, where=where, fix=fix)
        self.status = status


class ProxyEnded(RemoteError):
    """The proxy's container ended while it was to do something; it may have been started again since."""


class DockerUnavailable(RemoteError):
    """Docker is not installed, not running, closed to this user, or does not answer."""


class DockerNotRunning(DockerUnavailable):
    """The Docker daemon is not running, or has stopped in the middle of the run."""


class DockerRestarted(DockerUnavailable):
    """The Docker daemon ended in the middle of the run, with what was going on, and is back."""


class WaitExpired(BackstaffError):
    """A wait reached its deadline; `evidence` is what was known about its cause by then."""


class Doomed(BackstaffError):
    """What was waited for can not happen any more; the wait ended early."""


class HookFailed(BackstaffError):
    """A hook could not be run or ended with an error."""


class BuildFailed(BackstaffError):
    """The image could not be built or pushed."""


class RunCancelled(BackstaffError):
    """A signal or an operator ended the run; carries the exit code that says so."""

    def __init__(self, what: str, *, exit_code: ExitCode = ExitCode.INTERRUPTED) -> None:
        super().__init__(what)
        self.exit_code = exit_code
