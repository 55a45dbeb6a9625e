from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from backstaff.kamal.prune import (
    STOPPED_STATES,
    PruneChoice,
    any_untagged,
    choose,
    removable_containers,
    removable_tags,
)
from tests.kamal.builders import AContainer, a_config, a_container

REPOSITORY = "registry.test/me/app"


@dataclass(frozen=True)
class AnImage:
    tags: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=lambda: {"service": "app"})


def stopped(role: str, number: int, **changes: object) -> AContainer:
    container = a_container(f"app-{role}-v{number}", role, state="exited", created=number)
    return replace(container, **changes)  # type: ignore[arg-type]


def test_the_newest_stopped_containers_of_each_role_stay() -> None:
    containers = [stopped(role, number) for role in ("job", "web") for number in range(1, 5)]
    gone = removable_containers(a_config(), containers, retain=3)
    assert {each.name for each in gone} == {"app-job-v1", "app-web-v1"}


def test_other_destinations_and_services_are_left_alone() -> None:
    others = [
        stopped("web", 1, labels={"service": "app", "role": "web", "destination": "eu"}),
        stopped("web", 2, labels={"service": "app-db"}),
    ]
    assert removable_containers(a_config(), others, retain=0) == []


STATES = (*STOPPED_STATES, "running", "restarting", "paused")
CONTAINERS = st.lists(
    st.builds(
        lambda number, role, state, destination: a_container(
            f"c{number}", role, destination, state=state, created=number
        ),
        st.integers(0, 50),
        st.sampled_from(["web", "job"]),
        st.sampled_from(STATES),
        st.sampled_from(["", "eu"]),
    ),
    unique_by=lambda each: each.name,
)


@given(CONTAINERS, st.integers(1, 5))
def test_what_goes_is_stopped_ours_and_older_than_what_stays(
    containers: list[AContainer], retain: int
) -> None:
    gone = removable_containers(a_config(), containers, retain)
    for each in gone:
        role = each.labels["role"]
        same = [
            other
            for other in containers
            if other.state in STOPPED_STATES and other.labels == {**each.labels, "role": role}
        ]
        newer = [other for other in same if other not in gone]
        assert each.state in STOPPED_STATES
        assert each.labels["destination"] == ""
        assert len(newer) == retain
        assert all(other.created > each.created for other in newer)


def test_tags_without_a_container_go() -> None:
    images = [AnImage((f"{REPOSITORY}:v1", f"{REPOSITORY}:v2")), AnImage((f"{REPOSITORY}:<none>",))]
    containers = [a_container("app-web-v1", image=f"{REPOSITORY}:v1", state="exited")]
    assert removable_tags(a_config(), images, containers) == [f"{REPOSITORY}:v2"]
    assert removable_tags(a_config(), images, containers, keep=[f"{REPOSITORY}:v2"]) == []


def test_latest_tags_of_all_destinations_stay() -> None:
    images = [AnImage((f"{REPOSITORY}:latest", f"{REPOSITORY}:latest-eu", f"{REPOSITORY}:latest_no"))]
    assert removable_tags(a_config(destination="us"), images, []) == [f"{REPOSITORY}:latest_no"]


def test_names_are_compared_whole_and_not_as_patterns() -> None:
    images = [AnImage((f"{REPOSITORY}:v1.0", f"{REPOSITORY}:v1x0", f"{REPOSITORY}:v1"))]
    containers = [a_container("app-web-v1.0", image=f"{REPOSITORY}:v1.0")]
    assert removable_tags(a_config(), images, containers) == [f"{REPOSITORY}:v1x0", f"{REPOSITORY}:v1"]


def test_images_of_other_services_stay() -> None:
    assert (
        removable_tags(a_config(), [AnImage(("x:v1",), {"service": "x"}), AnImage(("y:v1",), {})], []) == []
    )


def test_an_image_goes_with_its_last_container() -> None:
    old, new = (
        stopped("web", 1, image=f"{REPOSITORY}:v1"),
        stopped("web", 2, image=f"{REPOSITORY}:v2"),
    )
    images = [AnImage((f"{REPOSITORY}:v1",)), AnImage((f"{REPOSITORY}:v2",))]
    choice = choose(a_config(retain_containers=1), [old, new], images)
    assert (choice.containers, choice.tags) == (("app-web-v1",), (f"{REPOSITORY}:v1",))


NOTHING = PruneChoice((), ())


def test_images_without_a_tag_are_looked_for_only_where_there_are_some() -> None:
    config, tagged = a_config(), AnImage((f"{REPOSITORY}:v1",))
    assert not any_untagged(config, [tagged, AnImage((f"{REPOSITORY}:v2", f"{REPOSITORY}:latest"))], NOTHING)
    assert any_untagged(config, [tagged, AnImage(())], NOTHING)
    assert any_untagged(config, [tagged, AnImage((f"{REPOSITORY}:<none>",))], NOTHING)


def test_an_image_that_is_about_to_lose_its_last_tag_counts_as_untagged() -> None:
    config, both = a_config(), AnImage((f"{REPOSITORY}:v1", f"{REPOSITORY}:latest"))
    assert any_untagged(config, [AnImage((f"{REPOSITORY}:latest",))], NOTHING)
    assert any_untagged(config, [both], PruneChoice((), (f"{REPOSITORY}:v1",)))


def test_an_image_goes_with_the_last_tag_that_is_removed() -> None:
    tags = (f"{REPOSITORY}:v1", f"{REPOSITORY}:old")
    assert not any_untagged(a_config(), [AnImage(tags)], PruneChoice((), tags))
