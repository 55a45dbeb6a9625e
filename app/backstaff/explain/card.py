"""The failure card: why a run failed, what proves it, where every host stands now, and the way out."""

import shlex

from backstaff.errors import (
    BackstaffError,
    DockerUnavailable,
    Doomed,
    HostLost,
    HostUnreachable,
    LockHeld,
    ProxyEnded,
    RunCancelled,
)
from backstaff.events.board import Board
from backstaff.events.board_state import FailedStep, PairView
from backstaff.events.facts import FailureCard, Outcome, PairState
from backstaff.events.inert import inert, inert_lines
from backstaff.explain.advice import output_hint
from backstaff.explain.card_evidence import evidence_of
from backstaff.explain.evidence import hint, last_output
from backstaff.explain.outcome import final_state
from backstaff.explain.probe_words import plain_cause
from backstaff.explain.retry import retry_command
from backstaff.explain.words import listed

USUAL_CONFIG_FILE = "config/deploy.yml"


def failure_card(board: Board, error: BackstaffError, *, retry: str = "") -> FailureCard:
    """The card for a run that `error` ended, made from the Board as it is after the clean-up.

    `retry` is the command that does it again; without one it is made from the run's own command, narrowed
    to the hosts that are not done.
    """
    pair = _failed_pair(board, error)
    step = _failed_step(board, error, pair)
    known = error.where if error.where in board.hosts else ""
    host = pair.host if pair else step.host if step else known
    role = pair.role if pair else step.role if step else ""
    cause = _cause(board, error, pair)
    return FailureCard(
        title=_title(board, error, pair, step),
        host=host,
        role=role,
        step=step.step if step else "",
        cause=cause,
        evidence=evidence_of(board, error, pair, cause),
        state=final_state(board),
        fix=_fix(board, error, pair),
        retry=retry or retry_command(board),
    )


def _failed_pair(board: Board, error: BackstaffError) -> PairView | None:
    """The failed pair that the error is about: one on its host, else the first."""
    if isinstance(error, RunCancelled):
        return None
    failed = [pair for pair in board.pairs.values() if pair.state is PairState.FAILED]
    here = [pair for pair in failed if pair.host == error.where]
    exact = [pair for pair in here if pair.detail == error.what]
    return next(iter([*exact, *here, *failed]), None)


def _failed_step(board: Board, error: BackstaffError, pair: PairView | None) -> FailedStep | None:
    """The step in which it happened: one of the pair, else one that ended with this very error."""
    if isinstance(error, RunCancelled):
        return None
    if pair is not None:
        steps = [step for step in board.failed_steps if (step.host, step.role) == (pair.host, pair.role)]
    else:
        steps = [step for step in board.failed_steps if step.detail in {error.what, ""}]
    here = [step for step in steps if step.host == error.where]
    return next(iter([*here, *steps]), None)


def _title(board: Board, error: BackstaffError, pair: PairView | None, step: FailedStep | None) -> str:
    if pair is not None:
        return f"boot of {pair.role} on {pair.host}"
    if step is not None:
        return f"{step.step} on {step.host}" if step.host else step.step
    command = board.run.command if board.run else "run"
    hosts = [host for host in error.where.split(", ") if host in board.hosts]
    where = f" on {listed(hosts)}" if hosts else ""
    if isinstance(error, LockHeld):
        return f"{command}, refused by the deploy lock{where}"
    if isinstance(error, HostUnreachable) and hosts:
        return f"connecting to {listed(hosts)}"
    broken = [view for view in board.phases.values() if view.outcome not in {None, Outcome.DONE}]
    phase = next(iter([*broken, *reversed(board.phases.values())]), None)
    return f"{command} in phase {phase.phase.value}{where}" if phase else f"{command}{where}"


def _cause(board: Board, error: BackstaffError, pair: PairView | None) -> str:
    """The error's own words, or what the proxy saw where it only said that its time was up."""
    return inert(error.what if pair is None else plain_cause(board, pair, error.what))


def _fix(board: Board, error: BackstaffError, pair: PairView | None) -> str:
    """What the evidence points to, else what the error advises; and where to read on."""
    if pair is None:
        return "\n".join(inert_lines(error.fix))
    advice = _advice(board, error, pair)
    unseen = pair.container and not isinstance(error, HostLost | DockerUnavailable | ProxyEnded)
    logs = _logs_command(board, pair) if unseen else ""
    return "   ".join(part for part in (advice, logs) if part)


def _logs_command(board: Board, pair: PairView) -> str:
    """Shows what the failed container printed: it is not the current one, so it has to be named."""
    container = board.container_of(pair)
    name = container.facts.name if container else pair.container[:12]
    destination = ["-d", board.run.destination] if board.run and board.run.destination else []
    config = board.run.config_file if board.run else USUAL_CONFIG_FILE
    file = [] if config == USUAL_CONFIG_FILE else ["-c", config]
    return shlex.join(
        ["backstaff", "app", "logs", *file, *destination, "-h", pair.host, "--container-id", name]
    )


def _advice(board: Board, error: BackstaffError, pair: PairView) -> str:
    """A lost host or proxy is not the app's fault; a certain end tells more than a failed health check."""
    own, seen = inert(error.fix), hint(board, pair)
    if isinstance(error, HostLost | DockerUnavailable | ProxyEnded):
        return own or seen
    if isinstance(error, Doomed):
        return output_hint(last_output(board, pair), pair.host) or own or seen
    return seen or own
