"""The application behaves as its mode says."""

import pytest

from tests.lab import Lab, LabHost
from tests.lab.waiting import wait_until


@pytest.fixture
def host(lab: Lab) -> LabHost:
    return lab.hosts[0]


def start(lab: Lab, host: LabHost, mode: str, *options: str, healthcheck: bool = False) -> None:
    image = lab.app_image("v1", mode=mode, healthcheck=healthcheck)
    lab.pull(host, image)
    host.docker("run", "--detach", "--name=app", *options, image)


def state(host: LabHost, field: str) -> str:
    return host.docker("inspect", f"--format={{{{.State.{field}}}}}", "app").strip()


def wait_for_state(host: LabHost, field: str, value: str) -> None:
    wait_until(lambda: state(host, field) == value, f"{field} {value}", timeout_s=15)


def log(host: LabHost) -> str:
    finished = host.dockerd.command("logs", "app")
    return finished.stdout + finished.stderr


def listening(host: LabHost) -> None:
    wait_until(lambda: "listening" in log(host), "the application")


def test_a_crash_says_why_and_exits_with_1(lab: Lab, host: LabHost) -> None:
    start(lab, host, "crash:0.1")

    wait_for_state(host, "Status", "exited")

    assert state(host, "ExitCode") == "1"
    assert "could not connect to database at db:5432" in log(host)


def test_a_later_crash_comes_after_the_application_was_healthy(lab: Lab, host: LabHost) -> None:
    start(lab, host, "crash-later:2", healthcheck=True)

    wait_for_state(host, "Health.Status", "healthy")
    wait_for_state(host, "Status", "exited")

    assert state(host, "ExitCode") == "1"


def test_out_of_memory_is_the_kernels_doing(lab: Lab, host: LabHost) -> None:
    start(lab, host, "oom", "--memory=32m")

    wait_for_state(host, "Status", "exited")

    assert (state(host, "OOMKilled"), state(host, "ExitCode")) == ("true", "137")


def test_a_worker_ticks_and_has_no_port(lab: Lab, host: LabHost) -> None:
    start(lab, host, "worker", healthcheck=True)

    wait_for_state(host, "Health.Status", "healthy")

    assert "tick 1 version v1" in log(host)
    host.docker("stop", "app")
    assert state(host, "ExitCode") == "0"


def test_the_docker_health_check_sees_what_up_answers(lab: Lab, host: LabHost) -> None:
    start(lab, host, "unhealthy", healthcheck=True)

    wait_for_state(host, "Health.Status", "unhealthy")

    last = host.docker("inspect", "--format={{(index .State.Health.Log 0).Output}}", "app")
    assert last.strip() == "GET /up: unexpected status (500)"


def test_a_healthy_application_stops_at_sigterm(lab: Lab, host: LabHost) -> None:
    start(lab, host, "healthy")
    listening(host)

    host.docker("stop", "app")

    assert state(host, "ExitCode") == "0"
    assert log(host).endswith("stopped\n")


def test_one_that_ignores_sigterm_is_killed(lab: Lab, host: LabHost) -> None:
    start(lab, host, "ignore-term")
    listening(host)

    host.docker("stop", "--time=1", "app")

    assert state(host, "ExitCode") == "137"


def test_the_environment_and_the_command_overrule_the_mode_baked_in(lab: Lab, host: LabHost) -> None:
    image = lab.app_image("v1", mode="crash:0")
    lab.pull(host, image)

    by_environment = host.docker("run", "--detach", "--env=APP_MODE=worker", image).strip()
    by_command = host.docker("run", "--detach", image, "app", "worker").strip()

    for container in (by_environment, by_command):
        wait_until(lambda: "tick 1" in host.docker("logs", container), "a tick")  # noqa: B023


def test_the_port_and_the_assets_of_a_version(lab: Lab, host: LabHost) -> None:
    start(lab, host, "healthy", "--env=PORT=3000", "--publish=3000:3000", "--env=GREETING=hello")
    listening(host)

    def get(path: str) -> str:
        return host.docker("exec", "app", "wget", "-qO-", f"http://localhost:3000{path}").strip()

    assert get("/assets/app-v1.css") == "/* v1 */"
    assert get("/assets/shared.txt") == "v1"
    assert get("/env/GREETING") == "hello"
    wait_until(lambda: "GET /env/GREETING 200" in log(host), "the request in the log")
