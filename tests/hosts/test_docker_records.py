"""Answers of engines old and new, in our terms."""

from datetime import UTC, datetime

import pytest

from backstaff.hosts import docker_records as records
from backstaff.hosts.docker_http import NoSharedApi, agreed_version
from backstaff.hosts.docker_records import Version
from backstaff.hosts.protocol import ContainerState, Health, HealthCheckResult


def an_inspection(**state: object) -> dict[str, object]:
    return {
        "Id": "abc",
        "Name": "/app-web-v1",
        "Created": "2026-01-02T03:04:05Z",
        "Image": "sha256:1",
        "RestartCount": 2,
        "State": {
            "Status": "exited",
            "ExitCode": 137,
            "OOMKilled": True,
            "Error": "",
            "StartedAt": "2026-01-02T03:04:06Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
            **state,
        },
        "Config": {"Image": "app:v1", "Labels": {"service": "app"}, "Tty": False},
        "HostConfig": {"RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0}},
    }


def test_an_inspected_container_is_read() -> None:
    container = records.container(an_inspection())

    assert (container.name, container.image, container.image_id) == ("app-web-v1", "app:v1", "sha256:1")
    assert (container.state, container.exit_code, container.oom_killed) == (ContainerState.EXITED, 137, True)
    assert (container.restart_count, container.restart_policy) == (2, "unless-stopped")
    assert (container.started_at, container.finished_at) == ("2026-01-02T03:04:06Z", "")
    assert container.health is None
    assert container.labels == {"service": "app"}


def test_health_is_read_with_its_log() -> None:
    probe = {"Start": "2026-01-02T03:04:07Z", "End": "…", "ExitCode": 1, "Output": "refused"}
    health = {"Status": "starting", "FailingStreak": 1, "Log": [probe]}

    assert records.container(an_inspection(Health=health)).health == Health(
        "starting", 1, (HealthCheckResult("2026-01-02T03:04:07Z", 1, "refused"),)
    )
    assert records.container(an_inspection(Health={"Status": "none", "Log": None})).health is None


def test_a_listed_container_has_its_own_name_and_not_that_of_a_link() -> None:
    summary = records.container_summary(
        {
            "Id": "abcdef0123456789",
            "Names": ["/db/app", "/app-web-v1"],
            "Image": "app:v1",
            "ImageID": "sha256:1",
            "State": "running",
            "Status": "Up 2 seconds",
            "Created": 1700000000,
            "Labels": None,
            "NetworkSettings": {"Networks": {"kamal": {"IPAddress": "172.18.0.2"}, "bridge": None}},
        }
    )

    assert (summary.name, summary.short_id, summary.labels) == ("app-web-v1", "abcdef012345", {})
    assert summary.networks == {"kamal", "bridge"}


@pytest.mark.parametrize("settings", [None, {}, {"Networks": None}])
def test_a_listed_container_may_be_on_no_network(settings: object) -> None:
    data = {"Id": "a", "Names": ["/a"], "State": "running", "NetworkSettings": settings}
    assert records.container_summary(data).networks == frozenset()


def test_a_container_that_is_being_removed_may_have_no_name() -> None:
    assert records.container_summary({"Id": "a", "Names": None, "State": "removing"}).name == ""


def test_images_may_lack_tags_labels_and_configuration() -> None:
    assert records.image({"Id": "sha256:1", "RepoTags": None, "Config": None}).tags == ()
    assert records.image({"Id": "sha256:1", "Config": {"Labels": None}}).labels == {}
    assert records.image_summary({"Id": "sha256:1", "RepoTags": ["<none>:<none>"], "Labels": None}).tags == ()


def test_an_event_has_its_time_and_attributes() -> None:
    event = records.event(
        {
            "Type": "container",
            "Action": "die",
            "Actor": {"ID": "abc", "Attributes": {"name": "app-web-v1", "exitCode": "1"}},
            "time": 1700000000,
            "timeNano": 1700000000500000000,
        }
    )

    assert (event.action, event.container_id, event.container_name) == ("die", "abc", "app-web-v1")
    assert event.at == datetime.fromtimestamp(1700000000.5, UTC)
    assert event.attributes["exitCode"] == "1"


@pytest.mark.parametrize("data", [{}, {"Id": 1}, {"Id": "a", "Name": "/a", "State": {"Status": "confused"}}])
def test_anything_else_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        records.container(data)


def a_version(own: str, least: str) -> Version:
    return Version.model_validate({"Version": "x", "ApiVersion": own, "MinAPIVersion": least})


@pytest.mark.parametrize(
    ("own", "least", "agreed"),
    [
        ("1.41", "1.12", "v1.41"),
        ("1.51", "1.24", "v1.51"),
        ("1.99", "1.44", "v1.51"),
        ("1.99", "1.51", "v1.51"),
        ("1.51", "1.51", "v1.51"),
        ("1.29", "1.12", "v1.29"),
        ("1.41", "", "v1.41"),
        ("1.99", "", "v1.51"),
        ("2.0", "1.44", "v1.51"),
    ],
)
def test_the_api_version_is_one_that_both_sides_know(own: str, least: str, agreed: str) -> None:
    assert agreed_version(a_version(own, least)) == agreed


@pytest.mark.parametrize(
    ("own", "least", "told", "fix"),
    [
        ("1.99", "1.60", "only from version 1.60 on, and Backstaff up to 1.51", "update Backstaff"),
        ("1.52", "1.52", "only from version 1.52 on, and Backstaff up to 1.51", "update Backstaff"),
        ("2.1", "2.0", "only from version 2.0 on, and Backstaff up to 1.51", "update Backstaff"),
        ("1.28", "1.12", "only up to version 1.28, and Backstaff 1.29 and newer", "update Docker"),
        ("1.9", "", "only up to version 1.9, and Backstaff 1.29 and newer", "update Docker"),
        ("0.99", "0.1", "only up to version 0.99, and Backstaff 1.29 and newer", "update Docker"),
    ],
)
def test_an_engine_without_a_version_that_both_sides_know_is_refused(
    own: str, least: str, told: str, fix: str
) -> None:
    with pytest.raises(NoSharedApi) as refusal:
        agreed_version(a_version(own, least))

    assert str(refusal.value) == f"Docker speaks its API {told}"
    assert refusal.value.fix.startswith(fix)


@pytest.mark.parametrize(
    ("own", "least"),
    [("banana", "1.12"), ("1.41", "9.9.9"), ("1.41", "1.44"), ("1.1234567890123", ""), ("", "")],
)
def test_versions_that_no_engine_has_make_no_sense(own: str, least: str) -> None:
    with pytest.raises(ValueError, match="API version"):
        agreed_version(a_version(own, least))


@pytest.mark.parametrize("time_nano", [10**30, 10**400, -1])
def test_a_time_that_no_date_can_tell_makes_no_sense(time_nano: int) -> None:
    with pytest.raises(ValueError, match="timeNano"):
        records.event({"Action": "die", "Actor": {"ID": "abc"}, "timeNano": time_nano})
    with pytest.raises(ValueError, match="Created"):
        records.container_summary({"Id": "a", "State": "running", "Created": time_nano})


@pytest.mark.parametrize("answer", [b"", b"{}", b"null", b'""', b"[[]]"])
def test_what_is_no_list_is_no_empty_list(answer: bytes) -> None:
    with pytest.raises(ValueError, match="validation error"):
        records.container_summaries(answer)


@pytest.mark.parametrize("answer", ["", {}, None, [1]])
def test_what_is_no_list_of_images_is_no_empty_one(answer: object) -> None:
    with pytest.raises(ValueError, match="validation error"):
        records.image_summaries(answer)


@pytest.mark.parametrize("time", ["2026-01-02T03:04:05", "yesterday", 10**30, None])
def test_a_time_of_day_is_one_only_with_its_zone(time: object) -> None:
    with pytest.raises(ValueError, match="SystemTime"):
        records.info({"SystemTime": time})
