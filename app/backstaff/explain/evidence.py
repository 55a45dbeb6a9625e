"""What is known of a role on a host at this moment, as evidence for an explanation or a failure card."""

from backstaff.events.board import Board, progress_key
from backstaff.events.board_state import ContainerView, HostView, PairView
from backstaff.events.facts import (
    ContainerFacts,
    Funnel,
    HostEvidence,
    HostState,
    PairState,
    ProbeSummary,
)
from backstaff.events.inert import inert
from backstaff.explain.advice import (
    advice_for_probe,
    exit_hint,
    listening_hint,
    output_hint,
    telling_lines,
)
from backstaff.explain.doom import how_it_ended, restart_note
from backstaff.explain.funnel import ageless, build_funnel, role_filters
from backstaff.explain.probe_words import probe_in_short, telling_probe
from backstaff.explain.words import listed, size, times

_DISCONNECTED = {
    HostState.QUEUED: "waits for its turn to connect",
    HostState.CONNECTING: "is being connected",
    HostState.QUIET: "gives no sign of life",
    HostState.UNREACHABLE: "can not be reached",
    HostState.LOST: "the connection is lost",
}
_HAS_CONTAINER = {PairState.STARTING, PairState.CHECKING, PairState.SWITCHING, PairState.FAILED}
_LIVE = {"running", "restarting", "paused"}


def pair_evidence(board: Board, pair: PairView) -> HostEvidence:
    """What a role on a host is doing now, and everything that tells why it is not further."""
    container = board.container_of(pair)
    emptied = empty_funnel(board, pair)
    funnel = ageless(emptied) if emptied is not None else None
    return HostEvidence(
        host=pair.host,
        role=pair.role,
        doing=inert(doing(board, pair, container, funnel)),
        lines=tuple(inert(line) for line in _lines(board, pair, container, funnel)),
        funnel=funnel,
        output=last_output(board, pair),
    )


def doing(board: Board, pair: PairView, container: ContainerView | None, funnel: Funnel | None) -> str:
    """What a role on a host is doing, in a few words: trouble with the host first, then the container."""
    host = board.hosts.get(pair.host, HostView(pair.host))
    if host.state in _DISCONNECTED:
        return host_in_words(host)
    if pair.state in {PairState.HALTED, PairState.CANCELLED, PairState.QUEUED}:
        return _with(pair.state.value, pair.detail)
    if funnel is not None:
        return "no container passes the filters"
    if container is not None:
        return describe_container(container.facts)
    if pair.state is PairState.FAILED:
        return _with("failed", pair.detail)
    return _busy(board, pair)


def host_in_words(host: HostView) -> str:
    """The connection to a host: `gives no sign of life: Docker has not answered for 7 s`."""
    return _with(_DISCONNECTED.get(host.state, host.state.value), host.detail)


def describe_container(facts: ContainerFacts) -> str:
    """A container in a few words: `shop-web-v42 running, health: starting`."""
    if facts.state in _LIVE:
        return f"{facts.name} {facts.state}" + (f", health: {facts.health}" if facts.health else "")
    if facts.state == "created":
        return f"{facts.name} created, not started"
    return f"{facts.name} {how_it_ended(facts)}"


def describe_probe(probe: ProbeSummary) -> str:
    """A health check, its result, and how often it came: `GET :3000/up -> status 500, 9 times`."""
    return f"{probe_in_short(probe)}, {times(probe.count)}"


def empty_funnel(board: Board, pair: PairView) -> Funnel | None:
    """The filters of a pair's container if they leave nothing though one should be there, else None.

    A running container that only the filter for its image or name drops is no mystery to anybody, and
    Kamal would find it too: then there is nothing to explain."""
    if not pair.container and pair.state not in _HAS_CONTAINER:
        return None
    funnel = board.funnels.get(pair.key) or live_funnel(board, pair)
    if funnel is None or funnel.found:
        return None
    container = board.container_of(pair)
    if container is None or container.facts.state not in _LIVE:
        return funnel
    dropping = [
        row.filter for row in funnel.rows for each in row.dropped if each.container == container.facts.name
    ]
    return funnel if dropping and dropping[0].startswith(("label=", "status")) else None


def live_funnel(board: Board, pair: PairView) -> Funnel | None:
    """The filters of a pair's container, applied to what is known of its host now."""
    if board.run is None or pair.host not in board.containers:
        return None
    candidates = [view.facts for view in board.containers[pair.host].values()]
    filters = role_filters(board.run.service, board.run.destination, pair.role)
    return build_funnel(pair.host, pair.role, candidates, filters)


def last_output(board: Board, pair: PairView) -> tuple[str, ...]:
    """The last telling lines of the container that this run made for a pair, inert."""
    return telling_lines([line.text for line in board.tail("container", pair.host, pair.role)])


def hint(board: Board, pair: PairView) -> str:
    """What to look at first for a pair; its output tells most, then its probes, then how it ended."""
    from_output = output_hint(last_output(board, pair), pair.host)
    if from_output:
        return from_output
    if from_probe := _probe_hint(board, pair):
        return from_probe
    container = board.container_of(pair)
    if container is None or container.facts.state in _LIVE or container.facts.exit_code is None:
        return ""
    return exit_hint(container.facts.exit_code)


def _probe_hint(board: Board, pair: PairView) -> str:
    """What the last check points to; where nothing takes it, the app may have said where it listens."""
    probe = telling_probe(board, pair)
    if probe is None:
        return ""
    if "connection refused" in probe.result:
        said = [inert(line.text) for line in board.tail("container", pair.host, pair.role)]
        if elsewhere := listening_hint(said, probe.url):
            return elsewhere
    return advice_for_probe(probe.result, probe.url)


def _lines(board: Board, pair: PairView, container: ContainerView | None, funnel: Funnel | None) -> list[str]:
    lines: list[str] = []
    if container is not None:
        lines += [describe_container(container.facts)] if funnel is not None else []
        lines += _container_lines(container.facts)
    probes = board.probes.get(pair.key, ())
    if probes:
        lines.append(describe_probe(probes[-1]))
    return lines


def _container_lines(facts: ContainerFacts) -> list[str]:
    lines = []
    if facts.oom_killed:
        lines.append("out of memory: the kernel killed it")
    if facts.restarts:
        lines.append(
            restart_note(facts) if facts.state in _LIVE else f"was restarted {times(facts.restarts)}"
        )
    if facts.error:
        lines.append(f"Docker says: {facts.error}")
    if facts.health and facts.health != "healthy" and facts.health_log:
        last = facts.health_log[-1]
        lines.append(f"its HEALTHCHECK exits {last.exit_code}: {' '.join(last.output.split())[:200]}")
    return lines


def _busy(board: Board, pair: PairView) -> str:
    """What a pair without a container is doing: its step or its host's, else what it comes after."""
    step = board.step_of(pair.host, pair.role)
    if step is None:
        begun = pair.state not in {PairState.PENDING, PairState.PULLING, PairState.PREPARING}
        return _with(pair.state.value, pair.detail) if begun else _not_started(board, pair)
    progress = board.progress.get(progress_key("pull", pair.host))
    if pair.state is PairState.PULLING and progress is not None and progress.total:
        return f"pulling, {size(progress.current)} of {size(progress.total)}"
    return _with(step.step, step.detail)


def _not_started(board: Board, pair: PairView) -> str:
    earlier = sorted({each.group for each in board.pairs.values() if 0 < each.group < pair.group})
    if earlier:
        return f"not started: its group {pair.group} comes after {listed([f'group {n}' for n in earlier])}"
    return "not started"


def _with(what: str, detail: str) -> str:
    return f"{what}: {detail}" if detail else what
