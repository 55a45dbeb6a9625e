"""The head of the page: what was run, by whom, when, and how it ended."""

from datetime import UTC, datetime

from backstaff.console.states import Look, Tone, look_of
from backstaff.events.board import Board
from backstaff.events.facts import Outcome
from backstaff.explain.words import duration, listed
from backstaff.replay.summary import RunSummary
from backstaff.report.looks import UNKNOWN_END, state
from backstaff.report.markup import NOTHING, Html, element, joined

_VERDICTS = {
    "done": look_of(Outcome.DONE),
    "failed": look_of(Outcome.FAILED),
    "cancelled": look_of(Outcome.CANCELLED),
    "refused": Look("✗", "x", "refused", Tone.WAITING),
}


def verdict_look(board: Board) -> Look:
    """How the run ended; of one that never told it, that it was interrupted."""
    return _VERDICTS[board.result.verdict] if board.result else UNKNOWN_END


def page_title(board: Board) -> str:
    """`shop production v42: failed`."""
    run = board.run
    name = " ".join(part for part in (run.service, run.destination, run.version) if part) if run else "A run"
    return f"{name}: {verdict_look(board).word}"


def header(board: Board, summary: RunSummary) -> Html:
    """The head of the page."""
    run = board.run
    service = run.service if run else "a run"
    destination = (
        element("span", run.destination, class_="destination") if run and run.destination else NOTHING
    )
    title = element("h1", element("span", service), destination, _versions(board))
    facts = [
        ("command", _command(board)),
        ("by", run.performer if run else ""),
        ("began", clock_time(summary.began)),
        ("took", duration(board.result.took_s)) if board.result else ("known up to", duration(board.t)),
    ]
    told = [joined(element("dt", name), element("dd", value)) for name, value in facts if value]
    verdict = element("p", state(verdict_look(board)), class_="verdict")
    return element(
        "header", element("div", title, verdict, class_="headline"), element("dl", *told, class_="facts")
    )


def clock_time(at: datetime | None) -> str:
    """`23 November 2026, 12:03:57 UTC`: the same for whoever reads it, wherever that is."""
    return f"{at.astimezone(UTC):%-d %B %Y, %H:%M:%S} UTC" if at else ""


def _versions(board: Board) -> Html:
    """The version deployed, and before it what ran."""
    version = board.run.version if board.run else ""
    before = [pair.version_before for pair in board.pairs.values() if pair.version_before]
    old = [name for name in dict.fromkeys(before) if name != version]
    arrow = element("span", f"{listed(old, 3)} → ", class_="before") if old and version else NOTHING
    return element("span", arrow, version, class_="version") if version else NOTHING


def _command(board: Board) -> str:
    if board.run is None:
        return ""
    return " ".join(["backstaff", *board.run.argv]) if board.run.argv else board.run.command
