from datetime import UTC
from io import StringIO

import pytest

from backstaff.events.facts import HostState, Outcome
from backstaff.events.types import HostChanged, StepEnded, StepStarted
from backstaff.headless.lines import Detail
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from tests.events.builders import Script, a_plan, a_run
from tests.headless.test_lines import told


def ended(step: str, outcome: Outcome = Outcome.DONE, detail: str = "") -> StepEnded:
    return StepEnded(step=step, outcome=outcome, took_s=1, host="h1", role="web", detail=detail)


@pytest.mark.parametrize(
    ("step", "outcome", "detail", "words"),
    [
        ("stop the container", Outcome.DONE, "app-web-v2", "stopped app-web-v2"),
        ("stop the container", Outcome.SKIPPED, "nothing runs", "not stopped: nothing runs"),
        ("start the proxy", Outcome.DONE, "", "started kamal-proxy"),
        ("start the proxy", Outcome.SKIPPED, "kamal-proxy runs already", "kamal-proxy runs already"),
        ("ensure the network", Outcome.SKIPPED, "kamal is there", "the network kamal is there"),
        ("take out of the proxy", Outcome.SKIPPED, "no\x1b[K", "not taken out of the proxy: no"),
    ],
)
def test_a_finished_step_of_a_run_without_a_plan_is_told(
    step: str, outcome: Outcome, detail: str, words: str
) -> None:
    assert told(Script().at(0, a_run()), ended(step, outcome, detail)) == [words]


def test_what_a_step_began_with_is_told_at_its_end() -> None:
    began = StepStarted(step="start the container", host="h1", role="web", detail="app-web-v2")
    assert told(Script(), began, ended(began.step)) == ["started app-web-v2"]


def test_the_steps_of_the_lock_are_told_by_its_own_lines() -> None:
    assert told(Script(), ended("take the deploy lock")) == []


def test_a_run_with_a_plan_keeps_its_steps_for_verbose() -> None:
    script = Script().at(0, a_run(), a_plan())
    stopped = ended("stop the container", detail="app-web-v2")
    assert told(script, stopped) == []
    assert told(script, stopped, detail=Detail.VERBOSE) == ["done: stop the container in 1 s: app-web-v2"]


def test_without_a_plan_there_is_room_for_the_hosts_and_roles_told_of_so_far() -> None:
    out = StringIO()
    script = Script().at(
        0,
        HostChanged(host="h1", state=HostState.QUEUED),
        HostChanged(host="host-2", state=HostState.QUEUED),
        StepStarted(step="stop the container", host="h1", role="web"),
        ended("stop the container", detail="app-web-v2"),
        StepEnded(step="start the proxy", outcome=Outcome.DONE, took_s=1, host="host-2"),
    )
    sink = LineSink(Outlet(out), zone=UTC)
    for event in script.events:
        sink(event)
    assert [line[10:] for line in out.getvalue().splitlines()] == [
        "h1     web   stopped app-web-v2",
        "host-2       started kamal-proxy",
    ]
