"""Where each open wait stood when a run was interrupted."""

from collections.abc import Sequence
from itertools import islice

from backstaff.console.subject import shown_waits
from backstaff.events.board import Board
from backstaff.events.board_state import WaitView
from backstaff.events.facts import Explanation, HostEvidence
from backstaff.explain.brief import evidence_details
from backstaff.explain.why import explain_wait, subject, waits_for
from backstaff.explain.words import counted, duration, listed
from backstaff.report.markup import NOTHING, Html, element

MOST_WAITS = 40


def open_waits(board: Board) -> Html:
    """What was waited for at the end of a run that never told its end, longest first; else nothing.

    Those that wait for the same thing for the same reason are told together."""
    waits = sorted(shown_waits(board), key=lambda wait: wait.since_t)
    if board.result is not None or not waits:
        return NOTHING
    alike: dict[tuple[str, str], list[WaitView]] = {}
    for wait in waits:
        alike.setdefault((waits_for(wait.start), _why(board, wait).model_dump_json()), []).append(wait)
    rest = len(alike) - MOST_WAITS
    more = element("p", f"and {counted(rest, 'more wait')}", class_="quiet") if rest > 0 else NOTHING
    shown = [_together(board, group) for group in islice(alike.values(), MOST_WAITS)]
    return element("section", element("h2", "Waiting when it was interrupted"), *shown, more, class_="waits")


def _why(board: Board, wait: WaitView) -> Explanation:
    """The evidence and the advice, without who waits."""
    return explain_wait(board, wait, board.t).model_copy(update={"sentence": ""})


def _together(board: Board, waits: Sequence[WaitView]) -> Html:
    first = waits[0]
    why = _why(board, first)
    names = [subject(wait) for wait in waits]
    what = waits_for(first.start) if len(names) == 1 else waits_for(first.start).replace("waits", "wait", 1)
    told = element("span", _times(board, first), class_="quiet")
    advice = element("p", why.advice, class_="quiet") if why.advice else NOTHING
    evidence = [_evidence(each) for each in why.evidence]
    return element("article", element("h3", f"{listed(names)} {what} ", told), *evidence, advice)


def _times(board: Board, wait: WaitView) -> str:
    """How long it lasted, and how long it might have; Kamal gives some waits no limit."""
    left = f"{duration(wait.left_s(board.t))} left" if wait.start.limit_s else "without a limit"
    return f"{duration(wait.elapsed_s(board.t))} so far, {left}"


def _evidence(evidence: HostEvidence) -> Html:
    who = f"{evidence.host} {evidence.role}".strip()
    details = [element("li", line) for line in evidence_details(evidence)]
    told = element("ul", *details, class_="evidence") if details else NOTHING
    return element("div", element("p", element("b", who), " ", evidence.doing), told)
