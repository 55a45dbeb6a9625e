"""Runs without a plan say what they did."""

from tests.cli.project import Project
from tests.engine.test_rollback import keep


def told(project: Project, *argv: str) -> set[str]:
    """The lines of the run, without their times and as single-spaced words."""
    result = project.run(*argv)
    assert result.code == 0, result.out + result.err
    return {" ".join(line.split()[1:]) for line in result.out.splitlines()}


def test_stopping_and_starting_name_the_containers(project: Project) -> None:
    stopped = told(project, "app", "stop")
    assert {
        "h1 web taken out of the proxy",
        "h1 web stopped app-web-v1",
        "h2 job stopped app-job-v1",
    } <= stopped
    assert "h1 lock taken" in stopped
    assert "h1 web not stopped: nothing runs" in told(project, "app", "stop")


def test_starting_names_the_container_and_where_traffic_goes(project: Project) -> None:
    told(project, "app", "stop")
    started = told(project, "app", "start", "--version", "v1")
    assert {"h1 web started app-web-v1", "h1 web the proxy's traffic goes to it"} <= started
    assert "h2 job started app-job-v1" in started


def test_stale_containers_are_named_also_where_there_are_none(project: Project) -> None:
    project.servers.set = lambda datacentre: keep(datacentre, "v0", "web@h1")
    lines = told(project, "app", "stale_containers", "--stop")
    assert "h2 web no stale container runs" in lines


def test_a_proxy_that_runs_is_told_to_run_already(project: Project) -> None:
    lines = told(project, "proxy", "boot")
    assert {"h1 kamal-proxy runs already", "h2 kamal-proxy runs already"} <= lines


def test_quiet_says_the_end_only(project: Project) -> None:
    assert project.run("app", "stop", "-q").out.startswith("DONE")


def test_a_run_warns_of_what_is_asked_for_in_vain(project: Project) -> None:
    project.add("output:\n  file: {path: log}\n")
    instead = "the journal of each run is what there is, see `backstaff runs`"
    assert {
        "warning: config/deploy.yml:22:3",
        f"output/file: Backstaff writes nothing there: {instead}",
    } <= told(project, "app", "stop")
