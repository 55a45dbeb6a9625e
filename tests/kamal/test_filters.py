from backstaff.kamal.filters import (
    current_container,
    label_values,
    misplaced_labels,
    up_containers,
)
from tests.kamal.builders import a_config, a_container

LATEST = "sha256:latest"


def test_current_is_the_newest_running_container_of_the_latest_image() -> None:
    containers = [
        a_container("app-web-v3", created=3),
        a_container("app-web-v2", created=2, image_id=LATEST),
        a_container("app-web-v1", created=1, image_id=LATEST),
        a_container("app-web-v4", created=4, image_id=LATEST, state="exited"),
    ]
    assert current_container(a_config(), "web", containers, LATEST) is containers[1]
    assert current_container(a_config(), "web", containers) is containers[0]
    assert current_container(a_config(), "web", containers, "sha256:unused") is containers[0]


def test_containers_of_others_are_never_current() -> None:
    others = [
        a_container("app-job-v1", "job"),
        a_container("app-web-eu-v1", destination="eu"),
        a_container("x", labels={"service": "x", "role": "web", "destination": ""}),
        a_container("app-web-v1", state="exited"),
    ]
    assert current_container(a_config(), "web", others) is None


def test_what_runs_restarts_or_is_paused_is_up() -> None:
    states = ("running", "restarting", "paused", "exited", "created", "dead", "removing")
    containers = [a_container(f"app-web-{state}", state=state) for state in states]
    up = up_containers(a_config(), "web", [*containers, a_container("app-job-v1", "job")])
    assert [each.state for each in up] == ["running", "restarting", "paused"]


def test_labels_set_elsewhere_that_hide_a_container_are_named() -> None:
    config = a_config(destination="production")
    labels = {"service": "app", "destination": "staging"}
    assert misplaced_labels(config, "web", labels) == [
        "destination=staging instead of destination=production",
        "no role label instead of role=web",
    ]
    assert misplaced_labels(config, "web", label_values(config, "web")) == []
