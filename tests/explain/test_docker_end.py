from backstaff.errors import CommandFailed, DockerFailed, DockerNotRunning, RemoteError
from backstaff.events.facts import Outcome, Phase
from backstaff.events.types import PhaseStarted, StepEnded, StepStarted
from backstaff.explain.docker_end import doing_on, gone, restarted, said_by
from tests.events.builders import Script, a_plan, a_run

NOT_RUNNING = DockerNotRunning("the Docker daemon is not running", evidence=["Cannot connect"])


def booting() -> Script:
    return Script().at(0, a_run(), a_plan(), PhaseStarted(phase=Phase.BOOT))


def test_a_host_does_its_step_and_without_one_the_phase() -> None:
    script = booting().at(1, StepStarted(step="start the container", host="h1", role="web"))
    assert doing_on(script.board, "h1") == '"start the container"'
    assert doing_on(script.board, "h2") == "the boot phase"
    script.at(2, StepEnded(step="start the container", outcome=Outcome.DONE, took_s=1, host="h1", role="web"))
    assert doing_on(script.board, "h1") == "the boot phase"
    assert doing_on(Script().board, "h1") == "this command"


def test_a_daemon_that_stopped_says_when_and_keeps_what_failed_with_it_once() -> None:
    error = gone("h1", '"pull"', NOT_RUNNING, 4.0, ["EOF", "EOF", "Cannot connect"])
    assert isinstance(error, DockerNotRunning)
    assert str(error) == 'h1: the Docker daemon is not running (it stopped during "pull")'
    assert error.evidence == ("EOF", "Cannot connect")
    assert error.fix.startswith("start it with `systemctl start docker` on h1")


def test_a_daemon_that_is_silent_is_not_called_stopped() -> None:
    error = gone("h1", '"pull"', RemoteError("no answer to a ping"), 21.4, [])
    assert not isinstance(error, DockerNotRunning)
    assert error.what == "Docker does not answer, for 21 s now (no answer to a ping)"
    assert "journalctl -u docker` on h1" in error.fix


def test_a_daemon_that_answers_nonsense_is_not_called_silent() -> None:
    error = gone("h1", '"pull"', DockerFailed("it is no answer to a ping", status=0), 21.4, [])
    assert (
        error.what == "Docker has given no answer that can be used, for 21 s now (it is no answer to a ping)"
    )


def test_a_daemon_that_is_back_is_told_as_restarted() -> None:
    failure = CommandFailed("docker create ended with status 1", status=1, stderr="error: EOF")
    error = restarted("h1", '"create the container"', failure)
    assert error.what == 'Docker restarted during "create the container"'
    assert error.evidence == said_by(failure) == ("docker create ended with status 1", "error: EOF")
