"""Scripted runs: events with chosen times, as a real run would emit them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from backstaff.events import types as ev
from backstaff.events.board import Board
from backstaff.events.facts import (
    BarrierState,
    ContainerFacts,
    FailureCard,
    HostState,
    LockState,
    Outcome,
    PairState,
    PairVerdict,
    Phase,
    ProbeSummary,
    WaitKind,
)
from backstaff.explain.why import explain_wait

START = datetime(2026, 11, 23, 12, 3, 57, tzinfo=UTC)
RUN = "20261123-120357-a1b2"
WEB_HOSTS = ("h1", "h2")
JOB_HOSTS = ("h3", "h4")


class Script:
    """A run written down event by event; `at` moves the time on."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self.board = Board()
        self.t = 0.0

    def at(self, t: float, *bodies: ev.Body) -> "Script":
        """Let `bodies` happen at `t` seconds into the run."""
        self.t = t
        for body in bodies:
            when = START + timedelta(seconds=t)
            event = ev.Event(seq=len(self.events) + 1, at=when, t=t, body=body)
            self.events.append(event)
            self.board.fold(event)
        return self

    def explain(self, t: float, wait: int, *, heartbeat: bool = False) -> "Script":
        """Let the engine explain a wait at `t`."""
        why = explain_wait(self.board, wait, t)
        left = self.board.waits[wait].left_s(t)
        return self.at(t, ev.WaitExplained(wait=wait, why=why, left_s=left, heartbeat=heartbeat))


def a_run(version: str = "v42", destination: str = "production") -> ev.RunStarted:
    return ev.RunStarted(
        run=RUN,
        command="deploy",
        service="shop",
        destination=destination,
        version=version,
        performer="ann",
        tool_version="0.1.0",
        config_file="config/deploy.yml",
        argv=("deploy", "-d", destination, "-P"),
    )


def a_plan(*, job_first: bool = False) -> ev.PlanMade:
    groups = ((1, "web", WEB_HOSTS), (2 if job_first else 1, "job", JOB_HOSTS))
    pairs = tuple(
        ev.PairPlanned(host=host, role=role, group=group, gatekeeper=role == "web", proxied=role == "web")
        for group, role, hosts in groups
        for host in hosts
    )
    return ev.PlanMade(
        hosts=WEB_HOSTS + JOB_HOSTS,
        pairs=pairs,
        groups=(WEB_HOSTS + JOB_HOSTS,),
        phases=tuple(phase for phase in Phase if phase is not Phase.ROLLBACK),
        barrier="web",
    )


def a_container(
    host: str = "h1",
    role: str = "web",
    version: str = "v42",
    *,
    name: str = "",
    state: str = "running",
    status: str = "",
    exit_code: int | None = None,
    ran_s: float | None = None,
    restarts: int = 0,
    health: str = "",
    destination: str = "production",
    oom_killed: bool = False,
    error: str = "",
) -> ContainerFacts:
    started = "2026-11-23T12:04:20.100000000Z"
    ended = START + timedelta(seconds=23.1 + (ran_s or 0))
    return ContainerFacts(
        id=f"{host}{role}{version}{name}",
        name=name or f"shop-{role}-{destination}-{version}",
        image=f"registry.test/shop:{version}",
        state=state,
        status=status,
        version=version,
        exit_code=exit_code,
        restarts=restarts,
        health=health,
        oom_killed=oom_killed,
        error=error,
        started_at=started,
        finished_at="" if ran_s is None else ended.isoformat().replace("+00:00", "Z"),
        labels={"service": "shop", "destination": destination, "role": role},
    )


def container_event(host: str, role: str, event: str, container: ContainerFacts) -> ev.ContainerChanged:
    return ev.ContainerChanged(host=host, role=role, event=event, container=container)


def pair(host: str, role: str, state: PairState, detail: str = "") -> ev.PairChanged:
    return ev.PairChanged(host=host, role=role, state=state, detail=detail)


def wait(
    number: int, what: WaitKind, host: str, role: str, cause: str, limit_s: float = 45, *, quiet: bool = False
) -> ev.WaitStarted:
    return ev.WaitStarted(
        wait=number,
        what=what,
        cause=cause,
        owner=f"{role or 'docker'} on {host}",
        limit_s=limit_s,
        host=host,
        role=role,
        quiet=quiet,
    )


def probe(host: str, result: str, count: int, t: float, *, ok: bool = False) -> ev.ProbeSeen:
    url = "http://ef646845cff3:3000/up"
    return ev.ProbeSeen(
        host=host, role="web", probe=ProbeSummary(url=url, result=result, ok=ok, count=count, last_t=t)
    )


def line(host: str, role: str, text: str, name: str = "") -> ev.Output:
    return ev.Output(source="container", host=host, role=role, name=name, text=text)


def until_boot(script: Script) -> Script:
    """Everything before the boot phase: connected, pulled, locked, prepared."""
    script.at(0, a_run(), a_plan(), ev.PhaseStarted(phase=Phase.CONNECT))
    for host in WEB_HOSTS + JOB_HOSTS:
        role = "web" if host in WEB_HOSTS else "job"
        script.at(0.02, ev.HostChanged(host=host, state=HostState.CONNECTING))
        script.at(
            0.2,
            ev.HostChanged(host=host, state=HostState.CONNECTED, docker="27.3.1", free_disk=41_000_000_000),
        )
        old = a_container(host, role, "v41", status="Up 3 days")
        script.at(0.3, ev.ContainersSeen(host=host, containers=(old,)))
        script.at(0.3, ev.VersionSeen(host=host, role=role, version="v41"))
    script.at(0.4, ev.PhaseEnded(phase=Phase.CONNECT, outcome=Outcome.DONE, took_s=0.4))
    script.at(
        0.4,
        ev.PhaseStarted(phase=Phase.BUILD),
        ev.StepStarted(step="hook pre-build"),
        ev.Output(source="hook", name="pre-build", text="\x1b[32m3 tests, 0 failures\x1b[0m"),
        ev.StepEnded(step="hook pre-build", outcome=Outcome.DONE, took_s=1.2),
    )
    script.at(1.7, ev.PhaseEnded(phase=Phase.BUILD, outcome=Outcome.DONE, took_s=1.3))
    script.at(1.7, ev.PhaseStarted(phase=Phase.PULL))
    for host in WEB_HOSTS + JOB_HOSTS:
        script.at(
            2.0,
            ev.Progress(subject="pull", host=host, current=12_000_000, total=48_000_000, text="Downloading"),
        )
    script.at(5.8, ev.PhaseEnded(phase=Phase.PULL, outcome=Outcome.DONE, took_s=4.1))
    script.at(5.8, ev.PhaseStarted(phase=Phase.LOCK))
    script.at(6.0, ev.LockChanged(state=LockState.OURS, host="h1", release="ssh h1 rm -r .kamal/lock-shop"))
    script.at(6.0, ev.PhaseEnded(phase=Phase.LOCK, outcome=Outcome.DONE, took_s=0.2))
    script.at(6.0, ev.PhaseStarted(phase=Phase.PREPARE))
    script.at(6.3, ev.PhaseEnded(phase=Phase.PREPARE, outcome=Outcome.DONE, took_s=0.3))
    return script.at(6.3, ev.PhaseStarted(phase=Phase.BOOT, detail="1 group"))


def at_the_barrier(script: Script, t: float = 20.0) -> Script:
    """Jobs wait, webs start."""
    script.at(
        t,
        ev.BarrierChanged(
            barrier="web", state=BarrierState.CLOSED, can_open=WEB_HOSTS, waiting=("job@h3", "job@h4")
        ),
    )
    for number, host in enumerate(JOB_HOSTS, 1):
        script.at(t, pair(host, "job", PairState.WAITING))
        script.at(t, wait(number, WaitKind.BARRIER, host, "job", "the first healthy web container"))
    for number, host in enumerate(WEB_HOSTS, 3):
        script.at(t, pair(host, "web", PairState.STARTING, "shop-web-production-v42"))
        script.at(
            t + 0.3,
            ev.CommandRun(
                line="docker start shop-web-production-v42",
                took_s=0.3,
                status=0,
                host=host,
                role="web",
                mutates=True,
            ),
        )
        script.at(t + 0.3, container_event(host, "web", "start", a_container(host)))
        script.at(t + 0.3, pair(host, "web", PairState.CHECKING))
        cause = "the proxy to find it healthy"
        script.at(t + 0.3, wait(number, WaitKind.PROXY, host, "web", cause, 30))
    return script


def a_good_deploy() -> Script:
    """Four hosts, two roles, nothing goes wrong."""
    script = at_the_barrier(until_boot(Script()), 6.4)
    script.at(7.0, probe("h1", "connection refused", 1, 7.0), probe("h2", "connection refused", 1, 7.0))
    script.at(8.0, probe("h1", "connection refused", 2, 8.0))
    for number, host in enumerate(WEB_HOSTS, 3):
        switching = "healthy; traffic moves to it once open requests are answered"
        script.at(
            8.4, line(host, "web", "listening on 3000"), pair(host, "web", PairState.SWITCHING, switching)
        )
        script.at(8.4, ev.WaitEnded(wait=number, outcome=Outcome.DONE, took_s=1.7))
        if host == "h1":
            opened = ev.BarrierChanged(
                barrier="web",
                state=BarrierState.OPEN,
                waiting=("job@h3", "job@h4"),
                reason="web is healthy on h1",
            )
            script.at(8.4, opened)
            for job_wait in (1, 2):
                script.at(8.4, ev.WaitEnded(wait=job_wait, outcome=Outcome.DONE, took_s=2.0))
        script.at(8.5, pair(host, "web", PairState.STOPPING_OLD, "shop-web-production-v41"))
    for host in JOB_HOSTS:
        script.at(8.7, pair(host, "job", PairState.STARTING, "shop-job-production-v42"))
        script.at(8.9, container_event(host, "job", "start", a_container(host, "job")))
        script.at(8.9, pair(host, "job", PairState.CHECKING))
        number = 5 + JOB_HOSTS.index(host)
        script.at(8.9, wait(number, WaitKind.READINESS, host, "job", "7 s without a restart", 8))
    for host in WEB_HOSTS:
        script.at(9.8, container_event(host, "web", "die", a_container(host, version="v41", state="exited")))
        script.at(9.8, pair(host, "web", PairState.HEALTHY))
    for host in JOB_HOSTS:
        number = 5 + JOB_HOSTS.index(host)
        script.at(15.9, ev.WaitEnded(wait=number, outcome=Outcome.DONE, took_s=7.0))
        script.at(15.9, pair(host, "job", PairState.STOPPING_OLD, "shop-job-production-v41"))
    for host in JOB_HOSTS:
        script.at(17.0, pair(host, "job", PairState.HEALTHY))
    script.at(17.0, ev.PhaseEnded(phase=Phase.BOOT, outcome=Outcome.DONE, took_s=10.7))
    script.at(17.0, ev.PhaseStarted(phase=Phase.FINISH))
    script.at(17.4, ev.LockChanged(state=LockState.RELEASED, host="h1"))
    script.at(17.4, ev.PhaseEnded(phase=Phase.FINISH, outcome=Outcome.DONE, took_s=0.4))
    script.at(17.4, ev.PhaseStarted(phase=Phase.VERIFY), verdicts("v42", "v42"))
    script.at(17.6, ev.PhaseEnded(phase=Phase.VERIFY, outcome=Outcome.DONE, took_s=0.2))
    return script.at(17.6, ev.RunEnded(exit_code=0, verdict="done", took_s=17.6))


def a_stuck_barrier() -> Script:
    """The picture of the design: h2's container ended, h1's answers 500, the jobs wait."""
    script = at_the_barrier(until_boot(Script()))
    dead = a_container(
        "h2", state="exited", status="Exited (1) 8 seconds ago", exit_code=1, ran_s=0.9, restarts=2
    )
    strangers = (
        a_container("h2", version="v3", name="shop-web-staging-v3", destination="staging"),
        a_container("h2", "job", "v41"),
        dead,
    )
    script.at(21, line("h2", "web", "\x1b[31mcould not connect to database at db:5432\x1b[0m", dead.name))
    script.at(21.2, container_event("h2", "web", "die", dead))
    script.at(21.3, ev.ContainersSeen(host="h2", containers=strangers))
    script.at(21.4, pair("h2", "web", PairState.FAILED, "the container exited 1 after 0.9 s"))
    script.at(21.4, ev.WaitEnded(wait=4, outcome=Outcome.DOOMED, took_s=1.1, reason="the container exited 1"))
    still = ("job@h3", "job@h4")
    script.at(
        21.4, ev.BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=("h1",), waiting=still)
    )
    for count in range(1, 10):
        script.at(22.6 + count, probe("h1", "unexpected status (500)", count, 22.6 + count))
    return script.explain(32, 1, heartbeat=True).explain(32, 2, heartbeat=True)


def waits_without_a_limit() -> Script:
    """The jobs wait as they do with Kamal, for as long as it takes, and so does what they wait for."""
    script = until_boot(Script())
    waiting = tuple(f"job@{host}" for host in JOB_HOSTS)
    script.at(
        20, ev.BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=WEB_HOSTS, waiting=waiting)
    )
    for number, host in enumerate(JOB_HOSTS, 1):
        script.at(20, pair(host, "job", PairState.WAITING))
        script.at(20, wait(number, WaitKind.BARRIER, host, "job", "the first healthy web container", 0))
    for number, host in enumerate(WEB_HOSTS, 3):
        script.at(20, pair(host, "web", PairState.CHECKING))
        script.at(20, wait(number, WaitKind.PROXY, host, "web", "the proxy to find it healthy", 0))
    return script.explain(31, 1, heartbeat=True)


def a_failed_deploy(card_of: Callable[[Board], FailureCard]) -> Script:
    """The stuck barrier to its end: h1 runs out of time, the barrier fails, the jobs are not booted."""
    script = a_stuck_barrier()
    script.at(50.3, ev.WaitEnded(wait=3, outcome=Outcome.EXPIRED, took_s=30.0, reason="the time is up"))
    script.at(50.3, pair("h1", "web", PairState.FAILED, "not healthy within 30 s"))
    reason = "no web container became healthy"
    failed = ev.BarrierChanged(
        barrier="web",
        state=BarrierState.FAILED,
        waiting=("job@h3", "job@h4"),
        reason=f"{reason} (h2: exited 1; h1: not healthy within 30 s)",
    )
    script.at(50.3, failed)
    for number, host in enumerate(JOB_HOSTS, 1):
        script.at(50.3, ev.WaitEnded(wait=number, outcome=Outcome.DONE, took_s=30.3))
        script.at(50.3, pair(host, "job", PairState.HALTED, reason))
    script.at(50.5, ev.PhaseEnded(phase=Phase.BOOT, outcome=Outcome.FAILED, took_s=44.2))
    script.at(50.7, ev.LockChanged(state=LockState.RELEASED, host="h1"))
    script.at(50.7, verdicts("v41", "v41"))
    script.at(50.8, ev.Failed(card=card_of(script.board)))
    return script.at(51.0, ev.RunEnded(exit_code=1, verdict="failed", took_s=51.0))


def verdicts(web: str, job: str) -> ev.Verified:
    seen = [(host, "web", web) for host in WEB_HOSTS] + [(host, "job", job) for host in JOB_HOSTS]
    return ev.Verified(
        pairs=tuple(
            PairVerdict(host=host, role=role, expected="v42", serving=version, agrees=version == "v42")
            for host, role, version in seen
        )
    )
