"""What proves the cause on a failure card: the app's last words, what was observed, and who failed alike."""

import re
from collections.abc import Iterable

from backstaff.errors import BackstaffError, DockerUnavailable, Doomed, HostLost
from backstaff.events.board import Board
from backstaff.events.board_state import ContainerView, PairView
from backstaff.events.evidence_line import without_progress
from backstaff.events.facts import PairState
from backstaff.events.inert import inert
from backstaff.explain.evidence import describe_container, last_output, live_funnel, pair_evidence
from backstaff.explain.probe_words import PROBE, PROXY_SAYS, plain_cause, probe_in_short
from backstaff.explain.words import by_role, listed, undoubled

MOST_EVIDENCE = 12
_OF_OTHERS = re.compile(r"the same on |also (?P<host>\S+): ")
_VARYING = re.compile(r",? last time it .*| after [\d.]+ s|,? (?:once|twice|\d+ times)\b")


def evidence_of(board: Board, error: BackstaffError, pair: PairView | None, cause: str) -> tuple[str, ...]:
    """The lines that prove `cause`, each said once; `pair` is the failed pair that `error` is about."""
    known = [undoubled(without_progress(line)) for line in error.evidence]
    if pair is None:
        return _unrepeated(known, cause)
    seen = _observed(board, error, pair, translated=cause != inert(error.what))
    probed = any(line.startswith(PROBE) for line in seen)
    known = [line for line in known if not (probed and line.startswith(PROBE))]
    known = [line for line in known if not _tells_of_others(board, line)]
    return _unrepeated([*seen, *known, *_others(board, pair, cause)], cause)


def _observed(board: Board, error: BackstaffError, pair: PairView, *, translated: bool) -> list[str]:
    """What was seen of a pair. Where the cause is what the proxy saw, that is not told again, but what it
    saw before, and its own words."""
    container = board.container_of(pair)
    if isinstance(error, HostLost | DockerUnavailable):
        return [f"{describe_container(container.facts)} when last seen"] if container else []
    # That the container ended is no news: by now the run itself has stopped it.
    ended = describe_container(container.facts) if container else ""
    lines = [line for line in pair_evidence(board, pair).lines if line != ended]
    if translated or isinstance(error, Doomed):
        lines = [line for line in lines if not line.startswith(PROBE)]
    if translated:
        lines += [
            f"before that: {inert(probe_in_short(each))}" for each in board.probes.get(pair.key, ())[-2:-1]
        ]
        lines.append(f"{PROXY_SAYS}{inert(error.what)}")
    return [*last_output(board, pair), *_mislabelled(board, pair, container), *lines]


def _mislabelled(board: Board, pair: PairView, container: ContainerView | None) -> list[str]:
    """The filter that drops the new container for a label: that was so before anything stopped it."""
    funnel = live_funnel(board, pair)
    if funnel is None or container is None:
        return []
    return [
        inert(f"the filter {row.filter} drops {each.container} ({each.value})")
        for row in funnel.rows
        for each in row.dropped
        if row.filter.startswith("label=") and each.container == container.facts.name
    ]


def _tells_of_others(board: Board, line: str) -> bool:
    """Whether a line tells of other hosts whose pairs failed: the board knows more of them."""
    found = _OF_OTHERS.match(line)
    failed = {pair.host for pair in board.pairs.values() if pair.state is PairState.FAILED}
    return found is not None and (found["host"] is None or found["host"] in failed)


def _others(board: Board, pair: PairView, cause: str) -> list[str]:
    """The other pairs that failed: together where it was for the same cause, else each with its own."""
    alike: list[PairView] = []
    lines: list[str] = []
    for each in board.pairs.values():
        if each.state is not PairState.FAILED or each.key == pair.key:
            continue
        why = inert(plain_cause(board, each, each.detail))
        if _kind(why) == _kind(cause):
            alike.append(each)
        else:
            who = each.host if each.role == pair.role else f"{each.role} on {each.host}"
            lines.append(f"also {who}: {why}")
    return [_the_same(alike, pair.role), *lines] if alike else lines


def _the_same(pairs: list[PairView], role: str) -> str:
    if all(pair.role == role for pair in pairs):
        return f"the same on {listed([pair.host for pair in pairs])}"
    return f"the same for {by_role((pair.host, pair.role) for pair in pairs)}"


def _kind(cause: str) -> str:
    """A cause without what differs between hosts that fail alike: how often, how fast."""
    return _VARYING.sub("", cause)


def _unrepeated(lines: Iterable[str], cause: str) -> tuple[str, ...]:
    told = [line.strip() for line in lines if line.strip() and line.strip() != cause]
    return tuple(dict.fromkeys(told))[:MOST_EVIDENCE]
