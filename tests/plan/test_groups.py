from backstaff.config.models import Boot, Config, Percent
from backstaff.plan.groups import boot_groups
from backstaff.plan.selection import select
from tests.kamal.builders import a_config, a_role
from tests.plan.builders import an_accessory


def hosts_of(config: Config) -> list[tuple[str, ...]]:
    return [group.hosts for group in boot_groups(config, select(config))]


def test_without_a_limit_all_hosts_boot_together() -> None:
    config = a_config(a_role("job", "h3"), a_role("web", "h1", "h2"))
    assert hosts_of(config) == [("h1", "h2", "h3")]


def test_web_hosts_come_before_job_hosts_although_job_sorts_before_web() -> None:
    config = a_config(a_role("job", "h3"), a_role("web", "h1"), boot=Boot(limit=1, wait=5))
    assert hosts_of(config) == [("h1",), ("h3",)]


def test_a_percentage_counts_all_hosts_and_is_at_least_one() -> None:
    hosts = ("h1", "h2", "h3")
    config = a_config(a_role("web", *hosts), accessories=(an_accessory("db1"),), boot=Boot(limit=Percent(50)))
    assert hosts_of(config) == [("h1", "h2"), ("h3",)]
    assert hosts_of(a_config(a_role("web", *hosts), boot=Boot(limit=Percent(1)))) == [
        ("h1",),
        ("h2",),
        ("h3",),
    ]


def test_roles_of_a_host_boot_primary_first() -> None:
    config = a_config(a_role("job", "h1", "h2"), a_role("web", "h2"))
    (group,) = boot_groups(config, select(config))
    assert [str(pair) for pair in group.pairs] == ["web@h2", "job@h2", "job@h1"]
    assert [str(pair) for pair in group.on("h2")] == ["web@h2", "job@h2"]
