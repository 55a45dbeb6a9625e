from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.facts import ContainerFacts, Dropped, FilterRow, Funnel
from backstaff.explain.funnel import (
    ageless,
    blocking_filter,
    build_funnel,
    container_status,
    image_filter,
    label_filter,
    name_filter,
    role_filters,
    status_filter,
)
from tests.events.builders import a_container

CANDIDATES = (
    a_container(version="v3", name="shop-web-staging-v3", destination="staging"),
    a_container("h1", "job", "v41"),
    a_container(state="exited", status="Exited (1) 8 seconds ago", exit_code=1),
)


def test_each_filter_tells_what_it_dropped_and_the_value_that_made_it() -> None:
    funnel = build_funnel("h1", "web", CANDIDATES, role_filters("shop", "production", "web"))
    assert [(row.filter, row.matched) for row in funnel.rows] == [
        ("label=service=shop", 3),
        ("label=destination=production", 2),
        ("label=role=web", 1),
        ("status running|restarting", 0),
    ]
    dropped = {each.container: each.value for row in funnel.rows for each in row.dropped}
    assert dropped == {
        "shop-web-staging-v3": "destination=staging",
        "shop-job-production-v41": "role=job",
        "shop-web-production-v42": "exited (1) 8 s ago",
    }
    assert (funnel.candidates, funnel.found) == (3, ())
    blocking = blocking_filter(funnel)
    assert blocking is not None
    assert blocking.filter == "status running|restarting"


def test_what_passes_all_filters_is_found() -> None:
    running = (*CANDIDATES[:2], a_container())
    funnel = build_funnel("h1", "web", running, role_filters("shop", "production", "web"))
    assert funnel.found == ("shop-web-production-v42",)
    assert blocking_filter(funnel) is None


def test_a_label_that_is_missing_differs_from_one_that_is_empty() -> None:
    empty = a_container(name="empty", destination="")
    missing = empty.model_copy(update={"name": "missing", "labels": {"service": "shop"}})
    funnel = build_funnel("h1", "web", (empty, missing), [label_filter("destination", "")])
    assert funnel.found == ("empty",)
    assert funnel.rows[0].dropped[0].value == "no label destination"


def test_image_and_name_filters_show_what_the_container_has_instead() -> None:
    candidates = (a_container(version="v41"),)
    funnel = build_funnel("h1", "web", candidates, [image_filter("registry.test/shop:v42")])
    assert funnel.rows[0].dropped[0].value == "registry.test/shop:v41"
    funnel = build_funnel("h1", "web", candidates, [name_filter("shop-web-production-v42")])
    assert funnel.rows[0].dropped[0].value == "name=shop-web-production-v41"


def test_a_status_is_told_in_dockers_words_shortened() -> None:
    for status, shown in {
        "Exited (1) 8 seconds ago": "exited (1) 8 s ago",
        "Exited (137) About a minute ago": "exited (137) 1 min ago",
        "Exited (0) Less than a second ago": "exited (0) less than 1 s ago",
        "Exited (0) 3 hours ago": "exited (0) 3 h ago",
        "Exited (0) 2 days ago": "exited (0) 2 days ago",
        "Created": "created",
    }.items():
        assert container_status(a_container(state="exited", status=status)) == shown
    assert container_status(a_container(state="exited", exit_code=3)) == "exited (3)"
    assert container_status(a_container(status="Up 3 days")) == "running"


STATES = st.sampled_from(["running", "exited", "restarting", "created"])
LABELS = st.sampled_from(["shop", "other", ""])
CONTAINERS = st.lists(
    st.builds(
        lambda number, state, service, role: ContainerFacts(
            id=str(number),
            name=f"c{number}",
            image="i",
            state=state,
            labels={"service": service, "role": role},
        ),
        st.integers(0, 10**6),
        STATES,
        LABELS,
        LABELS,
    ),
    max_size=8,
    unique_by=lambda container: container.name,
)


@given(CONTAINERS)
def test_no_container_is_lost_between_the_filters(containers: list[ContainerFacts]) -> None:
    filters = [label_filter("service", "shop"), label_filter("role", "shop"), status_filter()]
    funnel = build_funnel("h1", "web", containers, filters)
    left = funnel.candidates
    for row in funnel.rows:
        left -= len(row.dropped)
        assert row.matched == left
    dropped = [each.container for row in funnel.rows for each in row.dropped]
    assert sorted([*dropped, *funnel.found]) == sorted(container.name for container in containers)


def test_what_grows_old_is_left_out_of_an_explanation() -> None:
    row = FilterRow(
        filter="status running|restarting",
        matched=0,
        dropped=(
            Dropped(container="a", value="exited (1) 8 s ago"),
            Dropped(container="b", value="exited (0) less than 1 s ago"),
            Dropped(container="c", value="created"),
        ),
    )
    funnel = ageless(Funnel(host="h1", role="web", candidates=3, rows=(row,)))
    assert [each.value for each in funnel.rows[0].dropped] == ["exited (1)", "exited (0)", "created"]
