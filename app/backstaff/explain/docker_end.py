"""A Docker daemon that ended in the middle of a run, told as that whatever failed with it.

What dies together with the daemon says so in many words, which depend on the moment: an end of file, a
program that was killed, a container that exited. They are kept as evidence.
"""

from collections.abc import Iterable

from backstaff.errors import (
    BackstaffError,
    DockerFailed,
    DockerNotRunning,
    DockerRestarted,
    DockerUnavailable,
)
from backstaff.events.board import Board


def doing_on(board: Board, host: str) -> str:
    """What is going on with a host, to be said after "during": its step, else the phase of the run."""
    step = next((each.step for each in board.steps.values() if each.host == host), "")
    if step:
        return f'"{step}"'
    phase = board.phase()
    return f"the {phase.phase.value} phase" if phase else "this command"


def said_by(failure: BackstaffError) -> tuple[str, ...]:
    """A failure's own words, as evidence for what really happened."""
    return (failure.what, *failure.evidence)


def gone(
    host: str, during: str, problem: BackstaffError, silent_s: float, said: Iterable[str]
) -> DockerUnavailable:
    """The daemon is given up. `problem` is what came of asking it last, `said` what failed with it."""
    evidence = tuple(dict.fromkeys(line for line in (*said, *problem.evidence) if line != problem.what))
    if isinstance(problem, DockerNotRunning):
        return DockerNotRunning(
            f"{problem.what} (it stopped during {during})",
            where=host,
            evidence=evidence,
            fix=f"start it with `systemctl start docker` on {host}; {_why(host)}",
        )
    lack = "has given no answer that can be used" if isinstance(problem, DockerFailed) else "does not answer"
    return DockerUnavailable(
        f"Docker {lack}, for {silent_s:.0f} s now ({problem.what})",
        where=host,
        evidence=evidence,
        fix=problem.fix or f"look at `systemctl status docker` and `journalctl -u docker` on {host}",
    )


def restarted(host: str, during: str, failure: BackstaffError) -> DockerRestarted:
    """The daemon ended and is back."""
    return DockerRestarted(
        f"Docker restarted during {during}",
        where=host,
        evidence=said_by(failure),
        fix=f"it answers again, so try again; {_why(host)}",
    )


def _why(host: str) -> str:
    return f"why it stopped: `journalctl -u docker` on {host}"
