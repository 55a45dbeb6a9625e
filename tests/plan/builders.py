"""Groups by hand, and any configuration and selection that hypothesis can think of."""

from dataclasses import dataclass

from hypothesis import strategies as st

from backstaff.config.models import Accessory, Boot, Config, Percent
from backstaff.plan.groups import BootGroup
from backstaff.plan.pairs import Pair
from tests.kamal.builders import a_config, a_role

HOSTS = ("h1", "h2", "h3", "h4", "h5")
ROLE_NAMES = ("cron", "job", "web", "worker")


def a_group(number: int, *names: str, primary: str = "web") -> BootGroup:
    """A group of pairs written as `web@h1`; those of the primary role are gatekeepers."""
    split = [name.split("@") for name in names]
    pairs = tuple(Pair(host, role, gatekeeper=role == primary) for role, host in split)
    return BootGroup(number, tuple(dict.fromkeys(pair.host for pair in pairs)), pairs)


def the_groups(*groups: tuple[str, ...], primary: str = "web") -> list[BootGroup]:
    """Groups in order, each given by the names of its pairs."""
    return [a_group(number, *names, primary=primary) for number, names in enumerate(groups, start=1)]


def an_accessory(*hosts: str) -> Accessory:
    """A database."""
    return Accessory(name="db", service_name="app-db", image="mysql:8", hosts=hosts)


@dataclass(frozen=True)
class Choice:
    """What an operator may give: a configuration and the options that select."""

    config: Config
    hosts: tuple[str, ...]
    roles: tuple[str, ...]
    primary: bool


def _hosts(least: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(HOSTS), min_size=least, max_size=5, unique=True).map(tuple)


BOOTS = st.builds(
    Boot,
    limit=st.none() | st.integers(1, 6) | st.integers(1, 100).map(Percent),
    wait=st.none() | st.integers(0, 5),
    parallel_roles=st.booleans(),
)


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    """Any configuration with at least one role, and patterns that each match something."""
    names = draw(st.lists(st.sampled_from(ROLE_NAMES), min_size=1, unique=True))
    roles = [a_role(name, *draw(_hosts(1))) for name in names]
    config = a_config(
        *roles,
        accessories=tuple(an_accessory(*hosts) for hosts in draw(st.lists(_hosts(1), max_size=1))),
        primary_role=draw(st.sampled_from(names)),
        boot=draw(BOOTS),
    )
    return Choice(
        config,
        tuple(draw(st.lists(st.sampled_from(config.all_hosts), max_size=3))),
        tuple(draw(st.lists(st.sampled_from(names), max_size=2))),
        draw(st.booleans()),
    )
