"""Any small configuration, any selection, and anything that can go wrong on its hosts."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from itertools import combinations

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from backstaff.clock import Seconds
from backstaff.config.models import BackstaffSettings, Boot, Config, OnFailure, Role
from backstaff.engine.audit import FLUSH_WITHIN_S
from backstaff.engine.containers import LOOK_AGAIN_S
from backstaff.engine.daemon import PING_EVERY_S
from backstaff.engine.fleet import CONNECT_TRIES
from backstaff.engine.giving_up import ABANDON_WITHIN_S
from backstaff.engine.limits import pair_limit_s, stop_limit_s
from backstaff.engine.observe import VERIFY_WITHIN_S
from backstaff.errors import BackstaffError
from backstaff.kamal.names import container_name, container_prefix
from backstaff.plan.plan import Plan
from tests.engine.running import DEAD, NEW, OLD, OWNER, SHORT, Scene, short_config
from tests.fakes.apps import (
    CAN_NOT_START,
    CHECKED,
    ENDS,
    ENDS_OUT_OF_MEMORY,
    FAILS_ITS_CHECK,
    HEALTHY,
    IGNORES_SIGTERM,
    NEVER_READY,
    SLOW,
    App,
)
from tests.fakes.clock import EPOCH, START
from tests.fakes.faults import Connecting, Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.server import FakeServer, Pull
from tests.fakes.shell import hold_lock, release_lock
from tests.kamal.builders import a_role

HOSTS = ("h1", "h2", "h3", "h4")
ROLE_NAMES = ("cron", "job", "web")
GOOD_APPS = (HEALTHY, SLOW, CHECKED, IGNORES_SIGTERM)
BAD_APPS = (NEVER_READY, ENDS, ENDS_OUT_OF_MEMORY, CAN_NOT_START, FAILS_ITS_CHECK)
LEISURELY = App(stop_takes_s=1.5, drains_s=1.5)
NOT_AGAIN = App(ready_after_s=None)
"""An old version that would not get healthy if it were started once more."""
OLD_APPS = (HEALTHY, LEISURELY, LEISURELY, IGNORES_SIGTERM, NOT_AGAIN)
OPERATIONS = (
    "*", "containers", "inspect", "start", "stop", "kill", "pause", "unpause", "rename", "remove", "image",
    "images", "pull", "tag", "untag", "network", "deploy", "list", "events", "logs", "ping", "lock status",
    "lock acquire", "lock release", "lock takeover", "prepare", "create", "audit", "tidy",
)  # fmt: skip


INTERRUPTED, NEXT = "v1x", "v3"
DETAILS = "Locked by: Grace at 2026-11-23T11:00:00Z\nVersion: v1\nMessage: Automatic deploy lock"


class Holder(Enum):
    """Who holds the lock before the run."""

    NOBODY = auto()
    OTHER = auto()
    DEAD = auto()


@dataclass(frozen=True)
class Trouble:
    """What goes wrong on one host. Times are seconds into the run."""

    connecting: Connecting = Connecting.WORKS
    freezes_at: Seconds | None = None
    docker_stops_at: Seconds | None = None
    docker_restarts_at: Seconds | None = None
    lost_at: Seconds | None = None
    fault: Fault | None = None

    def __bool__(self) -> bool:
        return self != Trouble()

    @property
    def ends_docker(self) -> bool:
        """Whether Docker ends, and itself ends or restarts containers then."""
        by_fault = self.fault is not None and self.fault.kind in (Kind.END_DOCKER, Kind.RESTART_DOCKER)
        return by_fault or self.docker_stops_at is not None or self.docker_restarts_at is not None


@dataclass(frozen=True, repr=False)
class Story:
    """A scene and what goes wrong in it: `apps` are the new version's programs by `role@host`, `old_app` is
    the old version's everywhere. `lock` is who holds the lock: nobody, somebody else, or a dead process of
    this machine. `leftover` says that an interrupted run has left a container of its own running beside the
    old one, and with the proxy's traffic; `frozen` that it has also left it paused. With
    `checks_after_list` the proxies check what they have still to check right after they were asked what they
    serve."""

    config: Config
    hosts: tuple[str, ...]
    roles: tuple[str, ...]
    old: str = OLD
    old_app: App = HEALTHY
    apps: dict[str, App] = field(default_factory=dict)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    cancel_at: Seconds | None = None
    lock: Holder = Holder.NOBODY
    leftover: bool = False
    frozen: bool = False
    checks_after_list: bool = False

    def __repr__(self) -> str:
        """All that stories differ in, and nothing else."""
        config = self.config
        roles = ", ".join(f"{role.name} on {'+'.join(role.hosts)}" for role in config.roles)
        return (
            f"Story({roles}; primary {config.primary_role}; {config.boot}; "
            f"retain {config.retain_containers}; readiness {config.readiness_delay}; "
            f"on failure {config.backstaff.on_failure}; "
            f"-h {self.hosts} -r {self.roles}; old {self.old!r} {self.old_app}; "
            f"{self.lock}; leftover {self.leftover}; frozen {self.frozen}; "
            f"checks after list {self.checks_after_list}; "
            f"{self.apps}; {self.troubles}; cancel at {self.cancel_at})"
        )

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        printer.text(repr(self))

    @property
    def scene(self) -> Scene:
        return Scene(
            config=self.config,
            hosts=self.hosts,
            roles=self.roles,
            old=self.old,
            cancel_at=self.cancel_at,
            set=self._set,
        )

    @property
    def next_scene(self) -> Scene:
        """The next version for the same selection, once everything is well again."""
        return Scene(
            config=self.config,
            version=NEXT,
            hosts=self.hosts,
            roles=self.roles,
            dead=(DEAD, OWNER),
            set=self._mend,
        )

    def mend_all(self, datacentre: Datacentre) -> None:
        """Everything is well again, and so is the version that could not boot."""
        self._mend(datacentre)
        for server in datacentre.servers.values():
            for name in server.apps:
                server.apps[name] = HEALTHY

    def _mend(self, datacentre: Datacentre) -> None:
        if self.lock is Holder.OTHER:
            release_lock(datacentre[self.scene.plan().lock_host])
        for server in datacentre.servers.values():
            server.connecting = Connecting.WORKS
            server.faults.all.clear()
            server.engine.thaw()
            server.start_docker()

    def app(self, host: str, role: str) -> App:
        return self.apps.get(f"{role}@{host}", HEALTHY)

    def at_fault(self, host: str) -> bool:
        """Whether anything is wrong with a host that could make a run fail."""
        bad = any(self.app(host, role.name) in BAD_APPS for role in self.config.roles_on(host))
        return bad or bool(self.troubles.get(host))

    @property
    def faulty_hosts(self) -> list[str]:
        return [host for host in self.config.all_hosts if self.at_fault(host)]

    def plan(self) -> Plan | None:
        """None where this selection is refused."""
        try:
            return self.scene.plan()
        except BackstaffError:
            return None

    def _set(self, datacentre: Datacentre) -> None:
        loop = asyncio.get_running_loop()
        _hold_lock(datacentre[self.scene.plan().lock_host], self.lock)
        for name, server in datacentre.servers.items():
            for role in self.config.roles_on(name):
                if self.leftover and self.old:
                    _leave_over(server, self.config, role, frozen=self.frozen)
                for container in server.of_role(role.name):
                    container.app = self.old_app
                server.apps[f"{role.name}:{NEW}"] = self.app(name, role.name)
            server.pulls = Pull(steps=1, step_s=0.05)
            server.proxy.checks_after_list = self.checks_after_list
            trouble = self.troubles.get(name, Trouble())
            server.connecting = trouble.connecting
            if trouble.fault is not None:
                server.goes_wrong(trouble.fault)
            if trouble.freezes_at is not None:
                loop.call_at(START + trouble.freezes_at, server.engine.freeze)
            if trouble.docker_stops_at is not None:
                loop.call_at(START + trouble.docker_stops_at, server.stop_docker)
            if trouble.docker_restarts_at is not None:
                loop.call_at(START + trouble.docker_restarts_at, server.restart_docker)
            if trouble.lost_at is not None:
                loop.call_at(START + trouble.lost_at, server.lose_connections)


def _hold_lock(server: FakeServer, holder: Holder) -> None:
    if holder is not Holder.NOBODY:
        hold_lock(server, DETAILS, DEAD.to_json() if holder is Holder.DEAD else "")


def _leave_over(server: FakeServer, config: Config, role: Role, *, frozen: bool) -> None:
    labels = {"service": config.service, "role": role.name, "destination": config.destination or ""}
    image = config.absolute_image(INTERRUPTED)
    server.add_image(image)
    container = server.create(container_name(config, role.name, INTERRUPTED), image, labels, HEALTHY)
    container.created_at = EPOCH - timedelta(hours=1)
    container.start()
    if role.proxied:
        server.route(container_prefix(config, role.name), container)
        if frozen:
            container.pause()
    server.history.clear()


MOMENTS = st.integers(0, 120).map(lambda twentieths: twentieths / 20)
MANY_MOMENTS = st.one_of(MOMENTS, MOMENTS, st.integers(6, 30).map(float))
KINDS = st.sampled_from([each for each in Kind if each is not Kind.FAIL_AFTER])
"""What is done and called failed says nothing true of the host: only what asks for it is tried with that."""
FAULTS = st.builds(
    Fault,
    operation=st.sampled_from(OPERATIONS),
    kind=KINDS,
    nth=st.integers(1, 3),
    times=st.sampled_from([1.0, float("inf")]),
)
TROUBLES = st.one_of(
    st.builds(Trouble, fault=FAULTS),
    st.builds(Trouble, fault=st.builds(Fault, st.just("*"), KINDS, st.integers(1, 60))),
    st.builds(Trouble, freezes_at=MOMENTS),
    st.builds(Trouble, docker_stops_at=MOMENTS),
    st.builds(Trouble, docker_restarts_at=MOMENTS),
    st.builds(Trouble, lost_at=MOMENTS),
    st.builds(Trouble, connecting=st.sampled_from(Connecting)),
)
LAYOUTS = (("web",), ("job",), ("job", "web"), ("cron", "web"), ("cron", "job"), ("cron", "job", "web"))
PLACES = tuple(hosts for size in (1, 2, 3) for hosts in combinations(HOSTS, size))


def _seldom(draw: st.DrawFn, one_in: int) -> bool:
    return draw(st.integers(1, one_in)) == one_in


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """One to three roles on up to four hosts, in groups or not."""
    names = draw(st.sampled_from(LAYOUTS))
    boot = Boot(
        limit=draw(st.sampled_from((None, None, 1, 2, 3))),
        wait=draw(st.sampled_from((None, 1, 3))),
        parallel_roles=draw(st.booleans()),
    )
    return short_config(
        roles=tuple(a_role(name, *draw(st.sampled_from(PLACES))) for name in names),
        primary_role=draw(st.sampled_from((*names, *names[-1:]))),
        boot=boot,
        retain_containers=draw(st.integers(1, 3)),
        readiness_delay=draw(st.integers(0, 2)),
        backstaff=BackstaffSettings(timeouts=SHORT, on_failure=draw(st.sampled_from(OnFailure))),
    )


@st.composite
def stories(draw: st.DrawFn, *, cancelled: bool = False, troubled: bool = True) -> Story:
    """A configuration that can mostly be planned, and what is to happen to it."""
    config = draw(configs())
    pairs = [f"{role.name}@{host}" for role in config.roles for host in role.hosts]
    roles, app_hosts = [role.name for role in config.roles], config.all_hosts
    apps = {pair: draw(st.sampled_from(GOOD_APPS)) for pair in pairs if _seldom(draw, 3)}
    troubles: dict[str, Trouble] = {}
    for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2))) if troubled else 0):
        if draw(st.booleans()):
            troubles[draw(st.sampled_from(app_hosts))] = draw(TROUBLES)
        else:
            role = draw(st.sampled_from((config.primary_role, *roles)))
            host = draw(st.sampled_from(config.role(role).hosts))
            apps[f"{role}@{host}"] = draw(st.sampled_from(BAD_APPS))
    return Story(
        config=config,
        hosts=(draw(st.sampled_from(app_hosts)),) if _seldom(draw, 6) else (),
        roles=(draw(st.sampled_from(roles)),) if _seldom(draw, 6) else (),
        old=draw(st.sampled_from((OLD, OLD, OLD, "", NEW))),
        old_app=draw(st.sampled_from(OLD_APPS)),
        apps=apps,
        troubles=troubles,
        cancel_at=draw(MANY_MOMENTS) if cancelled else None,
        lock=draw(st.sampled_from((Holder.OTHER, Holder.DEAD))) if _seldom(draw, 10) else Holder.NOBODY,
        leftover=_seldom(draw, 3),
        frozen=draw(st.booleans()),
        checks_after_list=draw(st.booleans()),
    )


def longest_s(plan: Plan, config: Config) -> Seconds:
    """The sum of the deadlines that a run stands under, one step after the other on its slowest host."""
    t = config.backstaff.timeouts
    silence = t.docker + 2 * PING_EVERY_S
    connect = t.connect * CONNECT_TRIES
    looks = t.command + 6 * t.docker
    pull = t.pull_silence + 10 + t.docker
    lock = t.command + t.release
    stops = max(stop_limit_s(config, config.drain_timeout), stop_limit_s(config, None))
    prepare = 5 * t.docker + t.command + 15 + 3 * stops
    pair = max(pair_limit_s(config, role) for role in config.roles) + 3 * t.docker + LOOK_AGAIN_S
    lane = 3 * (2 * pair + 3 * stops)
    boot = len(plan.groups) * (lane + plan.group_wait + 1) + lane
    finish = 20 * t.docker + 3 * t.command
    return silence + connect + looks + pull + lock + prepare + boot + finish + ENDING_S


ENDING_S: Seconds = ABANDON_WITHIN_S + SHORT.release + VERIFY_WITHIN_S + FLUSH_WITHIN_S + 10
"""Abandoning what boots, releasing the lock, the last look, the audit log, closing, and some slack."""
