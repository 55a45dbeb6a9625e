"""What decides about a host's containers and what is shown of that decision keep the same ones."""

from hypothesis import given
from hypothesis import strategies as st

from backstaff.engine.containers import facts_of_summary
from backstaff.explain.funnel import build_funnel, role_filters
from backstaff.hosts.protocol import ContainerState, ContainerSummary
from backstaff.kamal.filters import kept, label_filters, status_filter
from tests.kamal.builders import a_config

SERVICES = st.sampled_from(["app", "app2", ""])
DESTINATIONS = st.sampled_from(["", "eu", "staging"])
ROLES = st.sampled_from(["web", "job", ""])
LABELS = st.fixed_dictionaries({}, optional={"service": SERVICES, "destination": DESTINATIONS, "role": ROLES})


@st.composite
def containers(draw: st.DrawFn) -> list[ContainerSummary]:
    """Containers of this service and of others, some without the labels, in every state."""
    described = draw(st.lists(st.tuples(LABELS, st.sampled_from(list(ContainerState))), max_size=12))
    return [
        ContainerSummary(
            id=f"{number:064}",
            name=f"c{number}",
            image="me/app:v1",
            image_id="sha256:1",
            state=state,
            status="",
            created=number,
            labels=labels,
        )
        for number, (labels, state) in enumerate(described)
    ]


@given(containers(), DESTINATIONS, st.sampled_from(["web", "job"]))
def test_the_funnel_leaves_the_containers_that_the_decision_is_made_from(
    listed: list[ContainerSummary], destination: str, role: str
) -> None:
    config = a_config(destination=destination or None)
    decided = kept((*label_filters(config, role), status_filter()), listed)
    shown = build_funnel(
        "h1", role, [facts_of_summary(each) for each in listed], role_filters("app", destination, role)
    )
    assert shown.found == tuple(each.name for each in decided)
