import pytest

from backstaff.config.models import Proxy
from backstaff.errors import UsageError
from backstaff.plan.pairs import Pair
from backstaff.plan.selection import select
from tests.kamal.builders import a_config, a_role
from tests.plan.builders import an_accessory

CONFIG = a_config(
    a_role("cron", "h3"),
    a_role("job", "h3", "h4"),
    a_role("web", "h1", "h2", "h4"),
    accessories=(an_accessory("db1"),),
)


def test_everything_with_the_primary_role_first() -> None:
    selection = select(CONFIG)
    assert selection.hosts == ("h4", "h1", "h2", "h3", "db1")
    assert selection.app_hosts == ("h4", "h1", "h2", "h3")
    assert selection.roles == ("web", "cron", "job")
    assert selection.proxy_hosts == ("h1", "h2", "h4")
    assert selection.accessory_hosts == ("db1",)
    assert (selection.primary_host, selection.primary_role, selection.lock_host) == ("h1", "web", "h1")
    assert selection.roles_on("h4") == ("web", "job")
    assert selection.pairs == (
        *(Pair("h4", "web"), Pair("h4", "job"), Pair("h1", "web"), Pair("h2", "web")),
        *(Pair("h3", "cron"), Pair("h3", "job")),
    )
    assert [(pair.gatekeeper, pair.proxied) for pair in selection.pairs[:2]] == [(True, True), (False, False)]


def test_hosts_are_patterns() -> None:
    selection = select(CONFIG, hosts=["h[12]"])
    assert selection.hosts == ("h1", "h2")
    assert selection.roles == ("web",)


def test_hosts_keep_the_order_of_the_patterns_within_the_primary_role() -> None:
    assert select(CONFIG, hosts=["h2", "h*"]).hosts == ("h2", "h4", "h1", "h3")


def test_roles_narrow_the_hosts() -> None:
    selection = select(CONFIG, roles=["job"])
    assert (selection.hosts, selection.roles) == (("h3", "h4"), ("job",))
    assert (selection.primary_host, selection.primary_role, selection.lock_host) == ("h3", "job", "h3")
    assert selection.filtered_roles == ("job",)


def test_the_configured_primary_role_leads_if_it_is_among_the_roles() -> None:
    selection = select(CONFIG, roles=["job", "web"])
    assert (selection.primary_role, selection.primary_host, selection.roles) == ("web", "h1", ("web", "job"))


def test_a_host_without_the_primary_role_makes_its_first_role_lead() -> None:
    selection = select(CONFIG, hosts=["h3"])
    assert (selection.primary_role, selection.roles) == ("cron", ("cron", "job"))


def test_the_first_host_decides_which_role_leads() -> None:
    assert select(CONFIG, hosts=["h1", "h3"]).primary_role == "web"
    assert select(CONFIG, hosts=["h3", "h1"]).primary_role == "cron"


def test_only_the_primary_host() -> None:
    assert select(CONFIG, primary=True).hosts == ("h1",)
    assert select(CONFIG, primary=True, roles=["job", "cron"]).hosts == ("h3",)
    assert select(CONFIG, primary=True, hosts=["h2"]).hosts == ("h1",)


def test_an_accessory_host_named_first_does_not_leave_the_roles_without_a_leader() -> None:
    selection = select(CONFIG, hosts=["db1", "h3", "h2"])
    assert (selection.primary_role, selection.primary_host) == ("web", "h2")
    assert selection.lock_host == "db1"
    assert selection.app_hosts == ("h2", "h3")


def test_a_first_host_without_the_selected_roles_does_not_lead() -> None:
    selection = select(CONFIG, hosts=["h1", "h3"], roles=["job"])
    assert (selection.primary_role, selection.primary_host, selection.hosts) == ("job", "h3", ("h3",))


def test_only_accessory_hosts_select_no_role() -> None:
    selection = select(CONFIG, hosts=["db1"])
    assert (selection.roles, selection.primary_role, selection.pairs) == ((), None, ())


def test_a_proxied_accessory_makes_its_host_a_proxy_host() -> None:
    db = an_accessory("db1")
    proxied = type(db)(name="s3", service_name="app-s3", image="s3", hosts=("db2",), proxy=Proxy())
    config = a_config(a_role("web", "h1"), accessories=(db, proxied))
    assert select(config).proxy_hosts == ("h1", "db2")


@pytest.mark.parametrize(
    ("hosts", "roles", "message"),
    [
        (["h9", "x*"], [], "no --hosts match for h9,x"),
        ([], ["webb"], "no --roles match for webb"),
        (["h1"], ["cron"], "no host is selected"),
    ],
)
def test_options_that_match_nothing_are_errors(hosts: list[str], roles: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select(CONFIG, hosts=hosts, roles=roles)


def test_one_pattern_without_a_match_is_told() -> None:
    selection = select(CONFIG, hosts=["h1", "h9"])
    assert selection.hosts == ("h1",)
    assert selection.warnings == ("--hosts: nothing matches `h9`, it is ignored",)


def test_the_primary_role_is_the_configured_one() -> None:
    config = a_config(a_role("api", "h2"), a_role("web", "h1"), primary_role="api")
    assert (select(config).primary_role, select(config).hosts) == ("api", ("h2", "h1"))
