import pytest

from backstaff.events.facts import ContainerFacts
from backstaff.explain.doom import container_doom, how_it_ended, ran_for_s, restart_note
from tests.events.builders import a_container


@pytest.mark.parametrize(
    ("container", "reason", "advice"),
    [
        (
            a_container(state="exited", exit_code=1, ran_s=0.9),
            "the container exited 1 after 0.9 s",
            "see its last lines",
        ),
        (a_container(state="exited", exit_code=0, ran_s=2), "the container exited 0 after 2 s", "foreground"),
        (a_container(state="exited", exit_code=127), "the container exited 127", "was not found"),
        (a_container(state="exited", exit_code=139), "the container exited 139", "SIGSEGV"),
        (a_container(state="dead", exit_code=137), "the container exited 137", "out of memory"),
        (
            a_container(state="exited", exit_code=137, oom_killed=True),
            "the container ran out of memory and was killed",
            "options: memory",
        ),
        (
            a_container(state="restarting", exit_code=137, oom_killed=True, restarts=1),
            "the container ran out of memory and was killed",
            "options: memory",
        ),
        (
            a_container(state="restarting", exit_code=1, ran_s=0.4, restarts=3),
            "the container keeps ending: restarted 3 times, last time it exited 1 after 0.4 s",
            "see its last lines",
        ),
        (
            a_container(state="running", restarts=4),
            "the container keeps ending: restarted 4 times",
            "see its last lines",
        ),
        (
            a_container(
                state="created", exit_code=127, error='exec: "bin/x": executable file not found in $PATH'
            ),
            "the image has no program bin/x",
            "ENTRYPOINT",
        ),
        (
            a_container(state="created", exit_code=128, error="something new"),
            "the container could not be started: something new",
            "",
        ),
        (a_container(state="removing"), "the container is being removed", ""),
    ],
)
def test_what_can_not_get_better_is_doomed(container: ContainerFacts, reason: str, advice: str) -> None:
    doom = container_doom(container)
    assert doom is not None
    assert doom.reason == reason
    assert advice in doom.advice


@pytest.mark.parametrize(
    "container",
    [
        a_container(),
        a_container(health="starting"),
        a_container(health="unhealthy"),
        a_container(state="created"),
        a_container(state="paused"),
        a_container(state="restarting", exit_code=1, restarts=2),
        a_container(state="running", restarts=2),
        a_container(state="running", oom_killed=True),
    ],
)
def test_an_app_that_lives_is_never_given_up_early(container: ContainerFacts) -> None:
    assert container_doom(container) is None


def test_restarts_are_counted_against_the_limit() -> None:
    assert restart_note(a_container(restarts=2)) == "2 of 3 restarts before giving up"
    assert restart_note(a_container(restarts=7)) == "3 of 3 restarts before giving up"
    assert restart_note(a_container()) == ""
    assert container_doom(a_container(state="restarting", restarts=4), restart_limit=5) is None


def test_how_long_it_ran_is_told_only_where_the_hosts_clock_tells_it() -> None:
    assert ran_for_s(a_container(ran_s=0.9)) == pytest.approx(0.9)
    assert ran_for_s(a_container()) is None
    never = a_container().model_copy(update={"finished_at": "0001-01-01T00:00:00Z"})
    assert ran_for_s(never) is None
    before = a_container().model_copy(update={"finished_at": "2026-11-23T12:00:00.5Z"})
    assert ran_for_s(before) is None
    garbage = a_container().model_copy(update={"finished_at": "soon"})
    assert how_it_ended(garbage.model_copy(update={"exit_code": 2})) == "exited 2"
    nano = a_container().model_copy(update={"finished_at": "2026-11-23T13:04:20.123456789+01:00"})
    assert ran_for_s(nano) == pytest.approx(0.023456)
