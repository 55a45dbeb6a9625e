from backstaff.kamal.filters import (
    current_container,
    filter_arguments,
    funnel_filters,
    kept,
    running_versions,
    stale_containers,
)
from tests.kamal.builders import a_config, a_container

LATEST = "sha256:latest"


def test_filters_are_in_kamals_order() -> None:
    config = a_config(destination="eu")
    assert filter_arguments(config, "web") == [
        *("--filter", "label=service=app"),
        *("--filter", "label=destination=eu"),
        *("--filter", "label=role=web"),
    ]
    assert [str(each) for each in funnel_filters(a_config(), "web", LATEST)] == [
        "label=service=app",
        "label=destination=",
        "label=role=web",
        "status running|restarting",
        "image registry.test/me/app:latest",
    ]


def test_a_filter_tells_the_value_for_which_it_drops_a_container() -> None:
    service, destination, role, status, image = funnel_filters(a_config(), "web", LATEST)
    staging = a_container("app-web-staging-v3", destination="staging")
    assert (destination.accepts(staging), destination.seen_in(staging)) == (False, "destination=staging")
    bare = a_container("by-hand", labels={"service": "app"})
    assert (destination.accepts(bare), destination.seen_in(bare)) == (False, "no destination label")
    assert role.seen_in(a_container("app-job-v3", "job")) == "role=job"
    assert status.seen_in(a_container("app-web-v3", state="exited")) == "exited"
    assert image.seen_in(a_container("app-web-v3")) == "image registry.test/me/app:v1"
    assert service.accepts(staging)


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


def test_running_containers_beside_the_current_one_are_stale() -> None:
    containers = [
        a_container("app-web-v2", created=2),
        a_container("app-web-v1", created=1),
        a_container("app-web-v0", created=0, state="exited"),
        a_container("app-job-v1", "job", created=3),
    ]
    assert [each.name for each in stale_containers(a_config(), "web", containers)] == ["app-web-v1"]
    assert running_versions(a_config(), "web", containers) == ["v2", "v1"]
    assert len(kept(funnel_filters(a_config(), "web"), containers)) == 2
