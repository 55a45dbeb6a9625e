"""Going on with an earlier run: what it has done, as it told itself, and what of that is still so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.going_back import TakenOver
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.observe import proxy_services, shortfall, version_in
from backstaff.engine.together import on_each
from backstaff.errors import PlanRefused
from backstaff.events.board import Board
from backstaff.events.facts import PairState
from backstaff.events.types import Notice, PairChanged
from backstaff.explain.retry import proven_pairs
from backstaff.explain.words import by_role
from backstaff.hosts.protocol import Container, ContainerSummary
from backstaff.kamal.names import container_name, container_prefix
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Plan, narrowed

CREATED_WITHIN = timedelta(seconds=1)
"""Docker's list tells when a container was created in whole seconds."""


@dataclass(frozen=True)
class EarlierRun:
    """A run that is gone on with, as it has told itself.

    `proven` are the pairs that it has seen healthy on its version, `before` which version each pair ran
    before it changed anything (empty for none), `last` when it said its last word. What it has not looked at
    is missing."""

    run: str
    proven: frozenset[Pair] = frozenset()
    before: Mapping[Pair, str] = field(default_factory=dict)
    last: datetime | None = None

    @classmethod
    def of(cls, board: Board) -> "EarlierRun":
        """What the Board of its last moment tells."""
        looked = {
            Pair(each.host, each.role): each.version_before
            for each in board.pairs.values()
            if each.version_before is not None
        }
        proven = frozenset(Pair(each.host, each.role) for each in proven_pairs(board))
        return cls(board.run.run if board.run else "", proven, looked, board.at)

    def after(self, first: "EarlierRun | None") -> "EarlierRun":
        """This run, where it has itself gone on with a first one: it need not have come so far as to see
        again what that one had done."""
        if first is None:
            return self
        before = {**self.before, **first.before}
        return EarlierRun(self.run, self.proven | first.proven, before, self.last or first.last)

    def taken_over(
        self, run: RunContext, pair: Pair, watches: Mapping[str, ContainerWatch]
    ) -> TakenOver | None:
        """A pair that it has brought to its version, and what ran there before it, if that is known and
        still there; None if the version is not there any more."""
        watch, before = watches[pair.host], self.before.get(pair, "")
        new = watch.named(container_name(run.config, pair.role, run.version))
        known = before and before != run.version
        old = watch.named(container_name(run.config, pair.role, before)) if known else None
        return TakenOver(pair, new.id, old) if new is not None else None


class Resuming:
    """What is left of an earlier run, as the hosts show it now."""

    def __init__(
        self, run: RunContext, plan: Plan, watches: Mapping[str, ContainerWatch], earlier: EarlierRun
    ) -> None:
        self._run = run
        self._plan = plan
        self._watches = watches
        self._earlier = earlier
        self._told: dict[Pair, str] = {}

    async def narrowed(self) -> Plan:
        """The plan without the pairs that the earlier run has proved and that still run its version, told
        pair by pair. The container tables must be fresh.

        Raises `PlanRefused` if something else was deployed since."""
        await self._refuse_if_overtaken()
        hosts = [watch.host for watch in self._watches.values()]
        lacks = {pair: lack for seen in (await on_each(hosts, self._look)).values() for pair, lack in seen}
        for pair, lack in lacks.items():
            self._tell(pair, lack)
        return narrowed(self._run.config, self._plan, {pair for pair, lack in lacks.items() if not lack})

    async def _refuse_if_overtaken(self) -> None:
        """What runs must be what the earlier run found or what it brought: nothing newer is overwritten."""
        hosts = [watch.host for watch in self._watches.values()]
        newer = [each for found in (await on_each(hosts, self._newer)).values() for each in found]
        if not newer:
            return
        others: dict[str, list[Pair]] = {}
        for pair, version in sorted(newer, key=lambda each: self._plan.selection.pairs.index(each[0])):
            others.setdefault(version, []).append(pair)
        runs = [
            f"{by_role((pair.host, pair.role) for pair in pairs)} runs {version}"
            for version, pairs in others.items()
        ]
        raise PlanRefused(
            f"something else was deployed since run {self._earlier.run}: {'; '.join(runs)}",
            fix=f"nothing was changed; if {self._plan.version} is still wanted, deploy it anew",
        )

    async def _newer(self, host: GuardedHost) -> list[tuple[Pair, str]]:
        """The pairs of a host that run a version which this is not about, and that version."""
        found: list[tuple[Pair, str]] = []
        for pair in self._plan.selection.pairs:
            current = self._watches[host.name].current(pair.role) if pair.host == host.name else None
            if current is None:
                continue
            version = version_in(current.name, container_prefix(self._run.config, pair.role))
            if version in {self._plan.version, self._earlier.before.get(pair)}:
                continue
            if pair in self._earlier.before or await self._created_since(host, current):
                found.append((pair, version))
        return found

    async def _created_since(self, host: GuardedHost, container: ContainerSummary) -> bool:
        """Whether a container is younger than the earlier run's last word. Each of the two ages is told by
        the clock that made its time: clocks that differ still agree on how much has passed."""
        if self._earlier.last is None:
            return False
        age = await host.docker.time() - datetime.fromtimestamp(container.created, UTC)
        return age < self._run.clock.wall() - self._earlier.last + CREATED_WITHIN

    async def _look(self, host: GuardedHost) -> list[tuple[Pair, str]]:
        """The pairs of a host that were proved, and what each lacks now."""
        mine = [
            pair
            for pair in self._plan.selection.pairs
            if pair.host == host.name and pair in self._earlier.proven
        ]
        services = await proxy_services(self._plan, host) if mine else ()
        watch = self._watches[host.name]
        found: list[tuple[Pair, str]] = []
        for pair in mine:
            named = watch.named(container_name(self._run.config, pair.role, self._plan.version))
            seen = await host.docker.inspect(named.id) if named is not None else None
            lack = shortfall(self._run, pair, seen, services) or await self._more(host, seen)
            found.append((pair, lack))
        return found

    async def _more(self, host: GuardedHost, seen: Container | None) -> str:
        """What a container lacks to be left alone, although it seems to do its work."""
        if seen is not None and seen.health is not None and seen.health.status != "healthy":
            return f"its container is {seen.health.status}"
        if seen is not None and self._plan.version == self._run.config.latest_tag:
            image = await host.docker.image(self._run.config.absolute_image(self._plan.version))
            if image is not None and image.id != seen.image_id:
                return f"{self._plan.version} is another image by now"
        return ""

    def _tell(self, pair: Pair, lack: str) -> None:
        """Say what a pair is found to be, unless that was said."""
        if self._told.get(pair) == lack:
            return
        self._told[pair] = lack
        state, detail = PairState.HEALTHY, f"since run {self._earlier.run}"
        if lack:
            state, detail = PairState.PENDING, ""
            text = f"{pair.role} is booted again: {lack}"
            self._run.stream.emit(Notice(level="info", host=pair.host, text=text))
        self._run.stream.emit(PairChanged(host=pair.host, role=pair.role, state=state, detail=detail))


def what_stays(plan: Plan, run: str) -> str:
    """What of a run need not be done again, in a sentence."""
    if not plan.done:
        return f"resumes run {run}: nothing of it is done yet"
    stays = by_role(_names(plan.done))
    rest = f"; {by_role(_names(plan.pairs))} is booted" if plan.pairs else "; nothing is left to boot"
    return f"resumes run {run}: {stays} runs {plan.version} and stays as it is{rest}"


def _names(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    return [(pair.host, pair.role) for pair in pairs]
