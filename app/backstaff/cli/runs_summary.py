"""A recorded run in full, as `backstaff runs show` tells it: as lines, or as one record."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path

from backstaff.events.board import Board
from backstaff.events.board_state import WaitView
from backstaff.events.facts import WaitKind
from backstaff.events.inert import inert
from backstaff.explain.brief import explanation_lines
from backstaff.explain.outcome import pair_outcome
from backstaff.explain.program import command_line, program
from backstaff.explain.why import explain_wait
from backstaff.explain.words import counted, duration, size
from backstaff.headless.breakdown_text import breakdown_lines
from backstaff.headless.card import card_lines
from backstaff.headless.colour import Tone
from backstaff.headless.styled import Shown, styled
from backstaff.headless.table import table_lines
from backstaff.replay.breakdown import Breakdown
from backstaff.replay.run_row import Verdict
from backstaff.replay.summary import RunSummary

_LABEL = 9
MOST_WAITS = 5
"""How many open waits are told one by one; the others are counted."""
_TONES = {
    Verdict.DONE: Tone.GOOD,
    Verdict.FAILED: Tone.BAD,
    Verdict.REFUSED: Tone.BAD,
    Verdict.RUNNING: Tone.STRONG,
}


@dataclass(frozen=True)
class ShownRun:
    """A run with all that is told of it. `path` is its journal, or a log if `is_log`; `size` is the file in
    bytes. `damaged` counts the lines that can not be read."""

    path: Path
    name: str
    verdict: Verdict
    summary: RunSummary
    board: Board
    breakdown: Breakdown
    size: int
    is_log: bool = False
    damaged: int = 0


def summary_lines(shown: ShownRun, width: int) -> list[Shown]:
    """Who, when and what; where the time went; where every host stands; why it waits or failed."""
    parts: list[Sequence[Shown]] = [
        _facts(shown),
        breakdown_lines(shown.breakdown, width),
        table_lines(shown.board, width),
        _open_waits(shown),
        card_lines(shown.board.failure, shown.board, width) if shown.board.failure else [],
    ]
    lines: list[Shown] = []
    for part in parts:
        lines += ["", *part] if lines and part else part
    return lines


def summary_record(shown: ShownRun) -> dict[str, object]:
    """The same as one object: times in UTC and seconds, sizes in bytes."""
    summary, board = shown.summary, shown.board
    started, ended = summary.started, summary.ended
    return {
        "run": shown.name,
        "path": str(shown.path),
        "began": summary.began.astimezone(UTC).isoformat() if summary.began else None,
        **(started.model_dump(mode="json", exclude={"kind", "run"}) if started else {}),
        "verdict": shown.verdict.value,
        "exit_code": ended.exit_code if ended else None,
        "took_s": round(_took_s(shown), 3),
        "size": shown.size,
        "damaged_lines": shown.damaged,
        "phases": [asdict(phase) for phase in shown.breakdown.phases],
        "hosts": [asdict(host) for host in shown.breakdown.hosts],
        "roles": [
            {"host": pair.host, "role": pair.role, "state": pair.state, "outcome": pair_outcome(board, pair)}
            for pair in board.pairs.values()
        ],
        "waits": [explain_wait(board, wait, board.t).model_dump(mode="json") for wait in _waits(board)],
        "card": board.failure.model_dump(mode="json") if board.failure else None,
    }


def _facts(shown: ShownRun) -> list[Shown]:
    return [styled(f"{label:<{_LABEL}}", Tone.DIM) + text for label, text in _told(shown) if text]


def _told(shown: ShownRun) -> Iterator[tuple[str, Shown]]:
    summary = shown.summary
    run, ended = summary.started, summary.ended
    yield "run", inert(shown.name)
    if run is not None:
        app = f"{run.service} · {run.destination}" if run.destination else run.service
        yield "what", inert(f"{run.command} of {app} {run.version}".rstrip())
        yield "who", inert(run.performer)
    if summary.began is not None:
        yield "when", f"{summary.began.astimezone():%Y-%m-%d %H:%M:%S}, {duration(_took_s(shown))}"
    if run is not None:
        yield "command", inert(command_line(run))
        yield "with", inert(f"{program(run)}, {run.config_file}")
    code = f", exit code {ended.exit_code}" if ended and ended.exit_code else ""
    yield "verdict", styled(shown.verdict.value, _TONES.get(shown.verdict, Tone.WARNING)) + code
    damaged = f", {counted(shown.damaged, 'line')} of it can not be read" if shown.damaged else ""
    yield "log" if shown.is_log else "journal", f"{inert(str(shown.path))} ({size(shown.size)}{damaged})"


def _took_s(shown: ShownRun) -> float:
    return shown.summary.ended.took_s if shown.summary.ended else shown.board.t


def _open_waits(shown: ShownRun) -> list[Shown]:
    """What was going on when the last event was written; nothing for a run that has ended."""
    board = shown.board
    if board.result is not None:
        return []
    waits = _waits(board)
    when = f"after {duration(board.t)}"
    running = shown.verdict is Verdict.RUNNING
    title = f"goes on, {when}" if running else f"cut off {when}: nothing is known of what came later"
    lines: list[Shown] = [styled(title, Tone.STRONG)]
    for wait in waits[:MOST_WAITS]:
        why = explain_wait(board, wait, board.t)
        lines += [f"  {inert(why.sentence)}", *(f"    {inert(line)}" for line in explanation_lines(why))]
    if len(waits) > MOST_WAITS:
        lines.append(f"  and {counted(len(waits) - MOST_WAITS, 'other wait')}")
    phase = board.phase()
    if not waits and phase is not None:
        lines.append(f"  in phase {phase.phase.value}, waiting for nothing")
    return lines


def _waits(board: Board) -> list[WaitView]:
    """The waits that were open, those that explain others first: barriers, then the longest."""
    return sorted(
        board.waits.values(), key=lambda wait: (wait.start.what is not WaitKind.BARRIER, wait.since_t)
    )
