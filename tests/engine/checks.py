"""What is true of every run, however it went."""

import re
from datetime import timedelta

from backstaff.config.models import OnFailure
from backstaff.engine.lock import release_command
from backstaff.engine.resume import EarlierRun
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.facts import LockState, Outcome, PairState, Phase, WaitKind
from backstaff.events.types import (
    CommandRun,
    Failed,
    LockChanged,
    PairChanged,
    RunEnded,
    WaitEnded,
    WaitStarted,
)
from backstaff.kamal.filters import UP_STATES
from backstaff.kamal.names import container_prefix
from backstaff.plan.pairs import Pair
from tests.engine.running import NEW, OWNER, Ran
from tests.engine.scenes import BAD_APPS, NEXT, Holder, Story, Trouble
from tests.fakes import shell
from tests.fakes.clock import EPOCH

DOCKER_ENDED = r"the Docker daemon is not running|Docker restarted during "


def check_all(ran: Ran, story: Story) -> None:
    """Every property."""
    nothing_is_left_behind(ran)
    the_board_is_what_the_events_say(ran)
    whoever_waits_boots_after_the_barrier(ran)
    what_is_never_started_is_gone(ran, story)
    nobody_waits_in_vain(ran)
    the_lock_is_free_or_told(ran, story)
    what_serves_is_never_stopped(ran, story)
    what_has_the_traffic_goes_on(ran, story)
    nothing_stays_frozen_without_a_word(ran, story)
    the_verdict_is_what_the_hosts_show(ran, story)
    the_exit_code_tells_the_truth(ran, story)
    the_card_names_a_host_at_fault(ran, story)
    nothing_half_booted_runs(ran, story)
    what_ended_with_docker_is_told_as_that(ran, story)
    what_has_switched_goes_back_or_is_told(ran, story)


def nothing_is_left_behind(ran: Ran) -> None:
    """No task runs on and no connection stays open."""
    assert ran.left_running == []
    assert all(wire.closed for server in ran.datacentre.servers.values() for wire in server.wires)


def the_board_is_what_the_events_say(ran: Ran) -> None:
    """Folding the emitted events gives the stream's board, in which nothing goes on any more."""
    board = Board()
    for event in ran.events:
        board.fold(event)
    assert board == ran.board
    started = [each.wait for each in ran.of(WaitStarted)]
    ended = [each.wait for each in ran.of(WaitEnded)]
    assert sorted(started) == sorted(ended)
    assert ran.board.steps == {}
    assert all(view.outcome is not None for view in ran.board.phases.values())
    assert isinstance(ran.events[-1].body, RunEnded)
    assert len(ran.of(RunEnded)) == 1
    assert len(ran.of(Failed)) == (0 if ran.code is ExitCode.DONE else 1)


def whoever_waits_boots_after_the_barrier(ran: Ran) -> None:
    """No waiting role's container is started before one of the primary role was healthy."""
    barrier = ran.plan.barrier
    if barrier is None:
        return
    opened = min(
        filter(None, (_healthy_at(ran, pair.host, pair.role) for pair in barrier.gatekeepers)), default=None
    )
    for pair in barrier.waiting:
        history = ran.datacentre[pair.host].history
        started = [
            each.at
            for each in history
            # A Docker that comes back starts the old ones.
            if each.what == "start"
            and each.container.role == pair.role
            and each.container.created_at >= EPOCH
        ]
        assert not started or (opened is not None and opened <= started[0]), pair


def what_is_never_started_is_gone(ran: Ran, story: Story) -> None:
    """Of a pair that did not come to start its container, none is left without a word. Docker may have made
    one and have been away since, or have refused to start it."""
    for pair in ran.plan.pairs:
        new = ran.new(pair.host, pair.role)
        if new is None or new.created_at < EPOCH or story.troubles.get(pair.host) or new.app in BAD_APPS:
            continue
        started = any(
            each.what == "start" and each.container is new for each in ran.datacentre[pair.host].history
        )
        assert started or "which was never started" in ran.notices(), pair


def nobody_waits_in_vain(ran: Ran) -> None:
    """A barrier is resolved by those who can open it, never by the clock; then every pair comes to an end."""
    waits = {each.wait for each in ran.of(WaitStarted) if each.what is WaitKind.BARRIER}
    assert not any(each.wait in waits and each.outcome is Outcome.EXPIRED for each in ran.of(WaitEnded))
    if ran.code is ExitCode.FAILED and Phase.BOOT in ran.board.phases:
        assert all(pair.state.final for pair in ran.board.pairs.values()), ran.board.pairs


def _healthy_at(ran: Ran, host: str, role: str) -> float | None:
    """When a new container can have been proved healthy: its switch, its check, or its readiness delay."""
    history = [each for each in ran.datacentre[host].history if each.container.role == role]
    if ran.config.role(role).proxied:
        return next((each.at for each in history if each.what == "switched to"), None)
    for each in history:
        if each.what == "health_status: healthy":
            return each.at
        if each.what == "start" and not each.container.app.has_check:
            return each.at + ran.config.readiness_delay
    return None


def the_lock_is_free_or_told(ran: Ran, story: Story) -> None:
    """The lock is free, or its host could not be asked and the operator has the command."""
    host = ran.plan.lock_host
    told = ran.board.lock
    server = ran.datacentre[host]
    if shell.lock_owner(server) == OWNER.to_json():
        assert told is not None
        assert told.state is LockState.LEFT_BEHIND
    elif shell.lock_held(server):
        assert story.lock is not Holder.NOBODY
    assert story.lock is not Holder.OTHER or shell.lock_held(server)
    if any(each.state is LockState.LEFT_BEHIND for each in ran.of(LockChanged)):
        assert told is not None
        assert (told.host, told.release) == (host, release_command(ran.config, host))
        assert host in story.troubles
        assert ran.code is ExitCode.DONE or any(told.release in line for line in ran.card.state)


def what_serves_is_never_stopped(ran: Ran, story: Story) -> None:
    """At every moment the old or the new version serves; what the proxy points to runs."""
    for name, server in ran.datacentre.servers.items():
        docker_ends = story.troubles.get(name, Trouble()).ends_docker
        # A stop that hung in a frozen Docker is carried out once that goes on; until then the container that
        # it is about looks as if it went on running.
        thawed = story.troubles.get(name, Trouble()).freezes_at is not None and ran.plan.version == NEXT
        for each in server.history:
            if each.what != "asked to stop":
                continue
            assert not each.was_target, (name, each.at, each.container.name)
            proxied = ran.config.role(each.container.role).proxied
            others = proxied or not story.old or not each.alone or docker_ends or thawed
            assert others, (name, each.at, each.container.name)
        for service in server.proxy.services.values():
            target = server.find(service.container)
            assert target is not None, name
            ended_otherwise = target.app in BAD_APPS or not server.engine.running
            assert target.running or target.paused or ended_otherwise, (name, target.name)


def what_has_the_traffic_goes_on(ran: Ran, story: Story) -> None:
    """Wherever a boot was tried, the proxy sends no traffic to what is paused."""
    if Phase.BOOT not in ran.board.phases:
        return
    for pair in ran.plan.pairs:
        target = ran.datacentre[pair.host].proxy.serves(container_prefix(ran.config, pair.role))
        troubled = story.troubles.get(pair.host)
        assert troubled or not pair.proxied or target is None or not target.paused, (pair, target)


def nothing_stays_frozen_without_a_word(ran: Ran, story: Story) -> None:
    """What was paused is left so only where its host did not let it go on, and the operator knows how to."""
    for name, server in ran.datacentre.servers.items():
        paused = [each.container for each in server.history if each.what == "asked to pause"]
        for container in paused:
            if container.paused:
                assert story.troubles.get(name), (name, container.name)
                assert f"docker unpause {container.id[:12]}" in ran.notices(), (name, container.name)


def the_verdict_is_what_the_hosts_show(ran: Ran, story: Story) -> None:
    """Every pair has a verdict, and those of hosts that could be asked are right."""
    verdicts = {(each.host, each.role): each for each in ran.board.verdicts}
    for pair, works in ran.new_works.items():
        verdict = verdicts.get((pair.host, pair.role))
        if verdict is None or verdict.unknown or story.troubles.get(pair.host):
            continue
        if story.app(pair.host, pair.role) in BAD_APPS and not pair.proxied:
            continue
        if ran.code is ExitCode.INTERRUPTED and "beside" in verdict.note:
            # It was asked to stop before the cancellation, and ended between the look and the end.
            continue
        assert verdict.agrees == works, verdict


def the_exit_code_tells_the_truth(ran: Ran, story: Story) -> None:
    """Done only when the new version works everywhere; refused only when nothing was changed."""
    assert ran.board.result is not None
    assert ran.board.result.exit_code == ran.code
    verdict = {0: "done", 1: "failed", 3: "refused", 4: "refused", 130: "cancelled"}[int(ran.code)]
    assert ran.board.result.verdict == verdict
    if ran.code is ExitCode.DONE:
        idle = [pair for pair, works in ran.new_works.items() if not works]
        failing = [pair for pair in idle if not _ended_after_the_look(ran, pair)]
        assert all(story.app(pair.host, pair.role) in BAD_APPS and not pair.proxied for pair in failing), (
            failing
        )
        assert all(pair.state is PairState.HEALTHY for pair in ran.board.pairs.values())
    assert story.lock is not Holder.OTHER or ran.code is not ExitCode.DONE
    if verdict == "refused":
        untouched = [
            server.history
            for name, server in ran.datacentre.servers.items()
            if not story.troubles.get(name, Trouble()).ends_docker
        ]
        assert not any(untouched)
    if story.cancel_at is None or ran.took_s < story.cancel_at - 1e-6:
        assert ran.code is not ExitCode.INTERRUPTED
        held = story.lock is Holder.OTHER and ran.code is ExitCode.LOCK_HELD
        assert held or story.faulty_hosts or ran.code is ExitCode.DONE, ran.card
    if story.cancel_at is not None and ran.took_s > story.cancel_at + 1e-6:
        assert ran.code is ExitCode.INTERRUPTED


def _ended_after_the_look(ran: Ran, pair: Pair) -> bool:
    """Whether what a pair runs ended when the run had looked at it for the last time."""
    new, server = ran.new(pair.host, pair.role), ran.datacentre[pair.host]
    looks = [
        event.t - event.body.took_s
        for event in ran.events
        if isinstance(event.body, CommandRun)
        and new is not None
        and (event.body.host, event.body.line) == (pair.host, f"docker inspect {new.name}")
    ]
    ends = [each.at for each in server.history if each.what == "die" and each.container is new]
    return bool(looks and ends) and ends[-1] >= looks[-1]


def the_card_names_a_host_at_fault(ran: Ran, story: Story) -> None:
    """An operator who looks where the card says finds what is wrong."""
    card = ran.board.failure
    if card is None or ran.code in {ExitCode.INTERRUPTED, ExitCode.LOCK_HELD}:
        return
    named = card.host or " ".join((card.title, card.cause, *card.evidence))
    assert any(host in named for host in story.faulty_hosts), card


def nothing_half_booted_runs(ran: Ran, story: Story) -> None:
    """Where a boot failed or was cancelled, its container runs only if it took over."""
    for pair in ran.plan.pairs:
        if story.troubles.get(pair.host):
            continue
        server = ran.datacentre[pair.host]
        up = [each for each in server.of_role(pair.role) if each.state in UP_STATES]
        assert up or not story.old or story.app(pair.host, pair.role) in BAD_APPS, pair
        if ran.states(pair.host, pair.role) not in {PairState.CANCELLED, PairState.FAILED}:
            continue
        new = ran.new(pair.host, pair.role)
        if new is None or new not in up or new.created_at < EPOCH + timedelta(microseconds=1):
            continue
        if pair.proxied:
            cut_off = ran.states(pair.host, pair.role) is PairState.CANCELLED and _goes_back(ran, pair)
            assert ran.serving(pair.host, pair.role) in {NEW, story.old if cut_off else NEW}, pair
        else:
            stopped = [each for each in server.history if each.what == "asked to stop"]
            assert any(each.container.role == pair.role for each in stopped), pair


def _goes_back(ran: Ran, pair: Pair) -> bool:
    """Whether it was begun to give a pair's traffic back to the old version."""
    told = [each for each in ran.of(PairChanged) if (each.host, each.role) == (pair.host, pair.role)]
    return any(each.state is PairState.ROLLING_BACK for each in told)


def what_ended_with_docker_is_told_as_that(ran: Ran, story: Story) -> None:
    """Where nothing is wrong but that Docker ended somewhere, no card gives another cause."""
    at_fault = [story.troubles.get(host, Trouble()) for host in story.faulty_hosts]
    bad_apps = any(app in BAD_APPS for app in story.apps.values())
    if ran.code is not ExitCode.FAILED or bad_apps or not all(each.ends_docker for each in at_fault):
        return
    assert re.search(DOCKER_ENDED, " ".join((ran.card.cause, *ran.card.evidence))), ran.card
    told = [pair.detail for pair in ran.board.pairs.values() if pair.state is PairState.FAILED]
    assert all(re.match(DOCKER_ENDED, each) for each in told), told


def what_has_switched_goes_back_or_is_told(ran: Ran, story: Story) -> None:
    """After a failed boot that is to go back, no pair is left on the new version without a word. Otherwise
    nothing ever goes back."""
    gone_back = Phase.ROLLBACK in ran.board.phases
    assert not gone_back or ran.plan.on_failure is OnFailure.ROLLBACK
    if ran.code is not ExitCode.FAILED or ran.plan.on_failure is not OnFailure.ROLLBACK:
        assert not gone_back or ran.code is ExitCode.INTERRUPTED
        return
    if ran.board.phases.get(Phase.BOOT) is None or ran.board.phases[Phase.BOOT].outcome is Outcome.DONE:
        return
    for pair in ran.plan.pairs:
        view = ran.board.pair(pair.host, pair.role)
        assert view is not None
        if view.state is PairState.HEALTHY:
            assert f"{pair.role} stays on {NEW}" in ran.notices(), pair
        if view.state is PairState.NOT_ROLLED_BACK:
            told = [
                line for line in ran.card.evidence if line.startswith(f"{pair.host}: {pair.role} could not")
            ]
            assert told, (pair, ran.card.evidence)
            assert "by hand" in told[0]
        if view.state is not PairState.ROLLED_BACK or story.troubles.get(pair.host):
            continue
        server = ran.datacentre[pair.host]
        if pair.proxied:
            serves = server.proxy.serves(container_prefix(ran.config, pair.role))
            assert serves is not None
            assert serves.created_at < EPOCH, pair
        else:
            assert all(each.created_at < EPOCH for each in server.running(pair.role)), pair


def nothing_done_is_done_again(first: Ran, again: Ran) -> None:
    """A resumed run brings the version everywhere, and what was proved and still was so is left alone."""
    proven = EarlierRun.of(first.board).proven
    assert set(again.plan.done) <= proven
    for pair in again.plan.done:
        history = again.datacentre[pair.host].history
        assert again.new(pair.host, pair.role) not in [each.container for each in history], pair
        assert not [each for each in history if each.what == "created" and each.container.role == pair.role]
    assert set(again.plan.every_pair) == set(again.plan.selection.pairs)
