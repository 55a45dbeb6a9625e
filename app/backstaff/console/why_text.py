"""Why something waits or failed, as styled text for a given width. Causes come first."""

from collections import Counter
from collections.abc import Sequence

from textual.content import Content

from backstaff.console.bars import bar
from backstaff.console.card_text import card_text
from backstaff.console.funnel_text import funnel_lines
from backstaff.console.states import Tone, look_of
from backstaff.console.subject import Subject, waits_of
from backstaff.console.text_lines import Lines, at_most, hanging
from backstaff.console.time_left import time_left
from backstaff.events.board import Board
from backstaff.events.board_state import HostView, PairView, WaitView
from backstaff.events.facts import Explanation, FailureCard, HostEvidence, HostState, PairState
from backstaff.events.inert import inert
from backstaff.events.width import columns, padded
from backstaff.explain.evidence import describe_probe, pair_evidence
from backstaff.explain.why import explain_wait, waits_for
from backstaff.explain.words import NO_LIMIT, duration, left_of

DIM = "$text-muted"
STRONG = "bold"
INDENT = 2
BAR_WIDTH = 22
MOST_PROBES = 4
MOST_HEALTH_CHECKS = 3
_ENDED_BADLY = {PairState.FAILED: "failed", PairState.NOT_ROLLED_BACK: "is not rolled back"}
MOST_SENTENCE = 3
"""Lines that the least that has to be seen takes, besides that of the time."""


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
    if not verb and pair is not None:
        verb = _ENDED_BADLY.get(pair.state, "")
    return f"why {inert(subject.name)} {verb}" if verb else inert(subject.name)


def sentence_lines(board: Board, subject: Subject, now_t: float, width: int) -> Lines:
    """The least that has to be seen: who waits for what, and the time that is left; or what went wrong."""
    told = _in_a_sentence(board, subject, now_t)
    lines = at_most(_sentence(*told, width), MOST_SENTENCE, width) if told else []
    waits = waits_of(board, subject)
    goes_on = board.failure is None and board.result is None
    return [*lines, _time(board, waits[0], now_t, width)] if waits and goes_on else lines


def _in_a_sentence(board: Board, subject: Subject, now_t: float) -> tuple[str, Tone] | None:
    card, result = board.failure, board.result
    if card is not None:
        return f"FAILED  {card.title}: {card.cause}", Tone.FAILED
    if result is not None:
        what = f"{board.run.service} {board.run.version}" if board.run else "the run"
        done = f"{result.verdict.upper()}  {what} in {duration(result.took_s)}"
        return done, Tone.OK if result.verdict == "done" else Tone.WAITING
    waits = waits_of(board, subject)
    if waits:
        return f"{subject.name} {waits_for(waits[0].start)}", Tone.WAITING
    pair, host = board.pair(subject.host, subject.role), board.hosts.get(subject.host)
    if pair is not None:
        return _how_it_stands(pair, now_t)
    return _how_it_is_connected(host, now_t) if host is not None else None


def _how_it_stands(pair: PairView, now_t: float) -> tuple[str, Tone]:
    look = look_of(pair.state)
    since = "" if pair.state is PairState.PENDING else f", {duration(max(0.0, now_t - pair.since_t))}"
    detail = f": {pair.detail}" if pair.detail else since
    return f"{look.glyph} {look.word}{detail}", look.tone


def _how_it_is_connected(host: HostView, now_t: float) -> tuple[str, Tone]:
    look = look_of(host.state)
    detail = f": {host.detail}" if host.detail else f", {duration(max(0.0, now_t - host.since_t))}"
    return f"{look.glyph} {look.word}{detail}", look.tone


def _waiting(board: Board, waits: Sequence[WaitView], now_t: float, width: int) -> Lines:
    first, *others = waits
    why = explain_wait(board, first, now_t)
    lines = _sentence(waits_for(first.start), Tone.WAITING, width)
    lines += [_time(board, first, now_t, width), *_latest(board, first, now_t, width)]
    lines += [*_advice(why, width), Content("")]
    for evidence in why.evidence:
        lines += _evidence(evidence, width)
        pair = board.pair(evidence.host, evidence.role)
        if pair is not None:
            lines += _history(board, pair, evidence, width)
    if others:
        lines += [Content("")]
    for wait in others:
        left = left_of(wait.start.limit_s, wait.left_s(now_t))
        lines += hanging("also ", f"{waits_for(wait.start)}, {left}", width, DIM)
    return lines


def _resting(board: Board, subject: Subject, now_t: float, width: int) -> Lines:
    """Nothing waits: how it stands."""
    pair = board.pair(subject.host, subject.role)
    if pair is None:
        return _host_lines(board, subject, now_t, width)
    lines = _sentence(*_how_it_stands(pair, now_t), width)
    if pair.step:
        going_on = duration(max(0.0, now_t - pair.step_since_t))
        lines += hanging("step  ", f"{pair.step}, {going_on}", width, "")
    lines += [Content("")]
    evidence = _present(board, pair)
    lines += _evidence(evidence, width)
    lines += _history(board, pair, evidence, width)
    return lines


def _host_lines(board: Board, subject: Subject, now_t: float, width: int) -> Lines:
    host = board.hosts.get(subject.host)
    if host is None:
        return run_lines(board, now_t, width)
    lines = _sentence(*_how_it_is_connected(host, now_t), width)
    if host.docker:
        lines += hanging("Docker  ", inert(host.docker), width, "")
    if host.state is HostState.CONNECTED and not board.pairs_on(host.name):
        lines += hanging("", "no role runs on this host", width, DIM)
    return lines


def run_lines(board: Board, now_t: float, width: int) -> Lines:
    """The run as a whole: how many of each role are how far, its barriers, its warnings."""
    phase = board.phase()
    doing = f"{phase.phase.value}, {duration(max(0.0, now_t - phase.since_t))}" if phase else "begins"
    lines = _sentence(doing, Tone.WORKING, width) if board.result is None else []
    lines += [Content(""), *_counts(board, width)]
    for barrier in board.barriers.values():
        look = look_of(barrier.state)
        text = f"{look.glyph} barrier {inert(barrier.name)} {look.word} {inert(barrier.reason)}".rstrip()
        lines += hanging("", text, width, look.tone.value)
    for notice in board.notices[-5:]:
        style = Tone.WAITING.value if notice.level == "warning" else ""
        where = f"{inert(notice.host)}: " if notice.host else ""
        lines += hanging("", f"{where}{inert(notice.text)}", width, style)
    return lines


def _counts(board: Board, width: int) -> Lines:
    """`web  16 healthy, 14 creating`, role by role."""
    states: dict[str, Counter[str]] = {}
    for pair in board.pairs.values():
        states.setdefault(pair.role, Counter())[look_of(pair.state).word] += 1
    longest = max(map(columns, states), default=0)
    lines: Lines = []
    for role, counts in states.items():
        told = ", ".join(f"{count} {word}" for word, count in counts.most_common())
        lines += hanging(f"{padded(inert(role), longest)}  ", told, width, "", label_style=STRONG)
    return [*lines, Content("")] if lines else []


def _failed(board: Board, card: FailureCard, width: int) -> Lines:
    """The card, and what was seen of the role on its host."""
    lines = card_text(card, width)
    pair = board.pair(card.host, card.role)
    if pair is None:
        return lines
    evidence = pair_evidence(board, pair)
    seen = funnel_lines(evidence.funnel, width) if evidence.funnel is not None else []
    seen += _history(board, pair, evidence, width)
    return [*lines, Content(""), Content.assemble(("seen", DIM)), *seen] if seen else lines


def _sentence(text: str, tone: Tone, width: int) -> Lines:
    return hanging("", inert(text), width, f"{tone.value} bold".strip())


def _time(board: Board, wait: WaitView, now_t: float, width: int) -> Content:
    """How much of its time a wait has used up, and how much is left."""
    time = time_left(board, wait, now_t)
    if time.endless:
        return Content.assemble(duration(int(time.used)), "  ", (NO_LIMIT, DIM))
    of = f"{duration(int(time.used))} of {duration(time.total)}" + (
        " of silence" if wait.start.silence else ""
    )
    left = f"{duration(round(time.left))} left"
    drawn = min(BAR_WIDTH, width - columns(of) - columns(left) - 4)
    shown = (bar(time.fraction, drawn, Tone.WAITING.value), "  ") if drawn > 0 else ()
    return Content.assemble(of, "  ", *shown, (left, DIM))


def _latest(board: Board, wait: WaitView, now_t: float, width: int) -> Lines:
    """The limit of the wait itself, where something else ends it sooner."""
    if not time_left(board, wait, now_t).sooner or not wait.start.limit_s:
        return []
    left = duration(round(wait.left_s(now_t)))
    return hanging("", f"at the latest after {duration(wait.start.limit_s)}, in {left}", width, DIM)


def _evidence(evidence: HostEvidence, width: int) -> Lines:
    who = f"{evidence.host} {evidence.role}".strip()
    lines = hanging(f"{inert(who)}  ", inert(evidence.doing), width, "", label_style=STRONG)
    if evidence.funnel is not None:
        lines += funnel_lines(evidence.funnel, width)
    for line in evidence.lines:
        lines += hanging(" " * INDENT, inert(line), width, "")
    for line in evidence.output:
        lines += hanging(f"{' ' * INDENT}> ", inert(line), width, Tone.WAITING.value)
    return lines


def _present(board: Board, pair: PairView) -> HostEvidence:
    """The evidence for a pair, without the checks that failed before it became healthy."""
    evidence = pair_evidence(board, pair)
    if pair.state is not PairState.HEALTHY:
        return evidence
    failed = {inert(describe_probe(probe)) for probe in board.probes.get(pair.key, ()) if not probe.ok}
    return evidence.model_copy(update={"lines": tuple(line for line in evidence.lines if line not in failed)})


def _history(board: Board, pair: PairView, evidence: HostEvidence, width: int) -> Lines:
    """What the proxy and the container's own HEALTHCHECK said before what the evidence tells already. What
    failed before a role became healthy is of no interest any more."""
    healthy = pair.state is PairState.HEALTHY
    told = set(evidence.lines)
    earlier = [
        (text, Tone.OK.value if probe.ok else DIM)
        for probe in board.probes.get(pair.key, ())[-MOST_PROBES:]
        if (text := inert(describe_probe(probe))) not in told and (probe.ok or not healthy)
    ]
    container = board.container_of(pair)
    for check in container.facts.health_log[-MOST_HEALTH_CHECKS:] if container else ():
        text = f"HEALTHCHECK exits {check.exit_code}: {' '.join(inert(check.output).split())[:200]}"
        if f"its {text}" not in told and (check.exit_code == 0 or not healthy):
            earlier.append((text.rstrip(": "), DIM))
    lines = hanging(" " * INDENT, "before that", width, DIM) if earlier else []
    return lines + [line for text, style in earlier for line in hanging(" " * 2 * INDENT, text, width, style)]


def _advice(why: Explanation, width: int) -> Lines:
    return hanging("", inert(why.advice), width, STRONG) if why.advice else []
