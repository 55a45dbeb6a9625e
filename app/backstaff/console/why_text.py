"""Why something waits or failed, as styled text for a given width. Causes come first."""

import re
import textwrap
from collections.abc import Iterable, Sequence

from textual.content import Content

from backstaff.console.bars import bar
from backstaff.console.states import Tone, look_of
from backstaff.console.subject import Subject, waits_of
from backstaff.events.board import Board
from backstaff.events.board_state import PairView, WaitView
from backstaff.events.facts import (
    Explanation,
    FailureCard,
    FilterRow,
    Funnel,
    HostEvidence,
    HostState,
    PairState,
)
from backstaff.events.inert import inert
from backstaff.events.width import columns, padded
from backstaff.explain.evidence import describe_probe, pair_evidence
from backstaff.explain.why import explain_wait, waits_for
from backstaff.explain.words import duration

DIM = "$text-muted"
STRONG = "bold"
INDENT = 2
BAR_WIDTH = 22
MOST_PROBES = 4
MOST_HEALTH_CHECKS = 3
MOST_DROPPED = 3
LEAST_BESIDE = 28
"""With less room than this beside a filter, what it dropped goes below it."""
_ALL = "all containers"

Lines = list[Content]


def why_lines(board: Board, subject: Subject, now_t: float, width: int) -> Lines:
    """All that is to be said about a subject, ready to be shown `width` cells wide."""
    card = board.failure
    if card is not None and subject in {Subject(card.host, card.role), Subject(card.host), Subject()}:
        return _failed(board, card, width)
    waits = waits_of(board, subject)
    if waits:
        return _waiting(board, waits, now_t, width)
    return _resting(board, subject, now_t, width)


def heading_of(board: Board, subject: Subject) -> str:
    """The title of the panel: `why job@h3 waits`."""
    card = board.failure
    if card is not None and (card.host, card.role) == (subject.host, subject.role):
        return f"why {inert(card.title)} failed" if card.title.startswith("boot of") else inert(card.title)
    verb = "waits" if waits_of(board, subject) else ""
    pair = board.pair(subject.host, subject.role)
    if not verb and pair is not None and pair.state is PairState.FAILED:
        verb = "failed"
    return f"why {inert(subject.name)} {verb}" if verb else inert(subject.name)


def sentence_lines(board: Board, subject: Subject, now_t: float, width: int) -> Lines:
    """The least that has to be seen: who waits for what, and the time that is left; or what went wrong."""
    card = board.failure
    if card is not None:
        return _hanging("", f"FAILED  {inert(card.cause)}", width, f"{Tone.FAILED.value} bold")[:2]
    waits = waits_of(board, subject)
    if not waits:
        return _resting(board, subject, now_t, width)[:1] if subject.host else []
    text = f"{subject.name} {waits_for(waits[0].start)}"
    return [*_sentence(text, Tone.WAITING, width)[:1], *_time(waits[0], now_t, width)]


def _waiting(board: Board, waits: Sequence[WaitView], now_t: float, width: int) -> Lines:
    first, *others = waits
    why = explain_wait(board, first, now_t)
    lines = _sentence(waits_for(first.start), Tone.WAITING, width)
    lines += _time(first, now_t, width)
    lines += [Content("")]
    for evidence in why.evidence:
        lines += _evidence(evidence, width)
        pair = board.pair(evidence.host, evidence.role)
        if pair is not None:
            lines += _history(board, pair, evidence, width)
    lines += _advice(why, width)
    if others:
        lines += [Content("")]
    for wait in others:
        left = f"{duration(wait.left_s(now_t))} left"
        lines += _hanging("also ", f"{waits_for(wait.start)}, {left}", width, DIM)
    return lines


def _resting(board: Board, subject: Subject, now_t: float, width: int) -> Lines:
    """Nothing waits: how it stands."""
    pair = board.pair(subject.host, subject.role)
    if pair is None:
        return _host_lines(board, subject, now_t, width)
    look = look_of(pair.state)
    since = "" if pair.state is PairState.PENDING else f", {duration(max(0.0, now_t - pair.since_t))}"
    detail = f": {inert(pair.detail)}" if pair.detail else since
    lines = _sentence(f"{look.glyph} {look.word}{detail}", look.tone, width)
    if pair.step:
        going_on = duration(max(0.0, now_t - pair.step_since_t))
        lines += _hanging("step  ", f"{pair.step}, {going_on}", width, "")
    lines += [Content("")]
    evidence = pair_evidence(board, pair)
    lines += _evidence(evidence, width)
    lines += _history(board, pair, evidence, width)
    return lines


def _host_lines(board: Board, subject: Subject, now_t: float, width: int) -> Lines:
    host = board.hosts.get(subject.host)
    if host is None:
        return run_lines(board, now_t, width)
    look = look_of(host.state)
    detail = f": {inert(host.detail)}" if host.detail else f", {duration(max(0.0, now_t - host.since_t))}"
    lines = _sentence(f"{look.glyph} {look.word}{detail}", look.tone, width)
    if host.docker:
        lines += _hanging("Docker  ", inert(host.docker), width, "")
    if host.state is HostState.CONNECTED and not board.pairs_on(host.name):
        lines += _hanging("", "no role runs on this host", width, DIM)
    return lines


def run_lines(board: Board, now_t: float, width: int) -> Lines:
    """The run as a whole: its warnings, and what its barriers stand at."""
    phase = board.phase()
    doing = f"{phase.phase.value}, {duration(max(0.0, now_t - phase.since_t))}" if phase else "begins"
    lines = _sentence(doing, Tone.WORKING, width) if board.result is None else []
    lines += [Content("")]
    for barrier in board.barriers.values():
        look = look_of(barrier.state)
        text = f"{look.glyph} barrier {inert(barrier.name)} {look.word} {inert(barrier.reason)}".rstrip()
        lines += _hanging("", text, width, look.tone.value)
    for notice in board.notices[-5:]:
        style = Tone.WAITING.value if notice.level == "warning" else ""
        where = f"{inert(notice.host)}: " if notice.host else ""
        lines += _hanging("", f"{where}{inert(notice.text)}", width, style)
    return lines


def card_text(card: FailureCard, width: int) -> Lines:
    """The failure card: cause, evidence, state, the way out. Commands keep lines of their own."""
    advice, *commands = re.split(r" {2,}", card.fix)
    lines = _hanging("", f"FAILED  {inert(card.title)}", width, f"{Tone.FAILED.value} bold")
    for label, texts, style in (
        ("cause", (card.cause,), STRONG),
        ("evidence", card.evidence, ""),
        ("state", card.state, ""),
        ("fix", (advice, *commands), STRONG),
        ("retry", (card.retry,), ""),
    ):
        told = [inert(text) for text in texts if text]
        lines += [Content("")] if told else []
        for number, text in enumerate(told):
            lines += _labelled(label if number == 0 else "", text, width, style)
    return lines


def _failed(board: Board, card: FailureCard, width: int) -> Lines:
    """The card, and what was seen of the role on its host."""
    lines = card_text(card, width)
    pair = board.pair(card.host, card.role)
    if pair is None:
        return lines
    evidence = pair_evidence(board, pair)
    seen = _funnel(evidence.funnel, width) if evidence.funnel is not None else []
    seen += _history(board, pair, evidence, width)
    return [*lines, Content(""), Content.assemble(("seen", DIM)), *seen] if seen else lines


def _sentence(text: str, tone: Tone, width: int) -> Lines:
    return _hanging("", inert(text), width, f"{tone.value} bold".strip())


def _time(wait: WaitView, now_t: float, width: int) -> Lines:
    """How much of its time a wait has used up."""
    left, limit = wait.left_s(now_t), wait.start.limit_s
    used = max(0.0, limit - left) if wait.start.silence else wait.elapsed_s(now_t)
    of = "of silence" if wait.start.silence else ""
    text = f"{duration(int(used))} of {duration(limit)} {of}".rstrip()
    cells = min(BAR_WIDTH, width - len(text) - 14)
    shown = bar(used / limit if limit else 1.0, cells, Tone.WAITING.value)
    return [Content.assemble(text, "  ", shown, (f"  {duration(round(left))} left", DIM))]


def _evidence(evidence: HostEvidence, width: int) -> Lines:
    who = f"{evidence.host} {evidence.role}".strip()
    lines = _hanging(f"{inert(who)}  ", inert(evidence.doing), width, "", label_style=STRONG)
    if evidence.funnel is not None:
        lines += _funnel(evidence.funnel, width)
    for line in evidence.lines:
        lines += _hanging(" " * INDENT, inert(line), width, "")
    for line in evidence.output:
        lines += _hanging(f"{' ' * INDENT}> ", inert(line), width, Tone.WAITING.value)
    return lines


def _funnel(funnel: Funnel, width: int) -> Lines:
    """A table, one row per filter. The one that leaves nothing stands out; those after it have nothing to
    say."""
    if not funnel.candidates:
        return _hanging(" " * INDENT, "there is no container of this service on the host", width, "")
    name = max(columns(row.filter) for row in funnel.rows)
    name = min(max(name, len(_ALL)), max(20, width // 2), width - 10)
    head = _filter_label("filter", name, "left")
    beside = width - columns(head) >= LEAST_BESIDE
    lines = _hanging(head.rstrip(), "  dropped" if beside else "", width, DIM, label_style=DIM)
    lines += _hanging(_filter_label(_ALL, name, str(funnel.candidates)), "", width, DIM)
    for row in funnel.rows:
        lines += _filter(row, name, width)
        if row.matched == 0:
            break
    return lines


def _filter(row: FilterRow, name: int, width: int) -> Lines:
    emptied = row.matched == 0
    style = Tone.FAILED.value if emptied else ""
    dropped = [f"{inert(each.container)}: {inert(each.value)}" for each in row.dropped]
    more = [f"and {len(dropped) - MOST_DROPPED} more"] if len(dropped) > MOST_DROPPED else []
    told = [*dropped[:MOST_DROPPED], *more]
    label = _filter_label(inert(row.filter), name, str(row.matched))
    beside = not told or width - columns(label) >= LEAST_BESIDE
    first, rest = (told[0], told[1:]) if told and beside else ("", told)
    lines = _hanging(label, first, width, style or DIM, label_style=style)
    indent = " " * (columns(label) if beside else 3 * INDENT)
    return lines + [line for each in rest for line in _hanging(indent, each, width, style or DIM)]


def _filter_label(text: str, width: int, count: str) -> str:
    return f"{' ' * INDENT}{padded(text[:width], width)}  {count:>4}  "


def _history(board: Board, pair: PairView, evidence: HostEvidence, width: int) -> Lines:
    """What the proxy and the container's own HEALTHCHECK said before what the evidence tells already."""
    lines: Lines = []
    told = set(evidence.lines)
    for probe in board.probes.get(pair.key, ())[-MOST_PROBES:]:
        text = inert(describe_probe(probe))
        if text not in told:
            lines += _hanging(" " * INDENT, text, width, Tone.OK.value if probe.ok else DIM)
    container = board.container_of(pair)
    for check in container.facts.health_log[-MOST_HEALTH_CHECKS:] if container else ():
        text = f"HEALTHCHECK exits {check.exit_code}: {' '.join(inert(check.output).split())[:200]}"
        lines += _hanging(" " * INDENT, text.rstrip(": "), width, DIM)
    return lines


def _advice(why: Explanation, width: int) -> Lines:
    return [Content(""), *_hanging("", inert(why.advice), width, STRONG)] if why.advice else []


def _labelled(label: str, text: str, width: int, style: str) -> Lines:
    return _hanging(f"{label:<10}", text, width, style, label_style=DIM)


def _hanging(label: str, text: str, width: int, style: str, *, label_style: str = "") -> Lines:
    """`label`, and `text` beside it, wrapped under its own beginning."""
    indent = columns(label)
    wrapped = _wrapped(text, max(16, width - indent))
    first, *rest = wrapped or [""]
    lines = [Content.assemble((label, label_style or style), (first, style))]
    return [*lines, *(Content.assemble(" " * indent, (line, style)) for line in rest)]


def _wrapped(text: str, width: int) -> list[str]:
    if columns(text) <= width:
        return [text]
    return textwrap.wrap(text, width, break_on_hyphens=False)


def joined(lines: Iterable[Content]) -> Content:
    """Lines as one text."""
    return Content("\n").join(lines)
