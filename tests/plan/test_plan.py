from dataclasses import replace

import pytest
from hypothesis import assume, given

from backstaff.config.models import BackstaffSettings, Boot, Config, OnFailure, ProxyHealthcheck
from backstaff.errors import PlanRefused, UsageError
from backstaff.events.facts import Phase
from backstaff.plan.barriers import prove_reachable
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Command, Plan, make_plan, narrowed
from backstaff.plan.probes import ProxyProbe, StateProbe
from backstaff.plan.selection import select
from tests.kamal.builders import a_config, a_role
from tests.plan.builders import Choice, an_accessory, choices


def a_plan(config: Config, command: Command = Command.DEPLOY, *hosts: str, skip_push: bool = False) -> Plan:
    return make_plan(config, select(config, hosts=hosts), "v1", command, skip_push=skip_push)


@given(choices())
def test_every_plan_is_complete_limited_and_proved(choice: Choice) -> None:
    config = choice.config
    try:
        selection = select(config, hosts=choice.hosts, roles=choice.roles, primary=choice.primary)
    except UsageError:
        assume(False)
    try:
        plan = make_plan(config, selection, "v1", Command.DEPLOY)
    except PlanRefused:
        assert not any(set(role.hosts) & set(selection.hosts) for role in config.roles)
        return
    wanted = {
        Pair(host, role)
        for role in selection.roles
        for host in config.role(role).hosts
        if host in selection.hosts
    }
    assert wanted
    assert sorted(plan.pairs) == sorted(wanted)
    assert set(plan.probes) == wanted
    prove_reachable(plan.groups, selection.primary_role or "", parallel_roles=plan.parallel_roles)
    assert any(plan.is_gatekeeper(pair) for pair in plan.groups[0].pairs)
    limit = config.boot.group_size(len(config.all_hosts)) if config.boot.limit else len(selection.app_hosts)
    assert all(1 <= len(group.hosts) <= limit for group in plan.groups)
    assert all(len(group.hosts) == limit for group in plan.groups[:-1])
    assert selection.primary_host in selection.hosts
    assert plan.lock_host in plan.hosts


def test_the_config_of_the_report_deploys() -> None:
    config = a_config(a_role("job", "h3"), a_role("web", "h1", "h2"), boot=Boot(limit=1, wait=5))
    plan = a_plan(config)
    assert [group.hosts for group in plan.groups] == [("h1",), ("h2",), ("h3",)]
    assert plan.barrier is not None
    assert plan.barrier.gatekeepers == (Pair("h1", "web"), Pair("h2", "web"))
    assert plan.group_wait == 5.0


def test_an_accessory_host_named_first_gets_a_plan_with_gatekeepers() -> None:
    config = a_config(a_role("job", "h3"), a_role("web", "h1"), accessories=(an_accessory("db1"),))
    plan = a_plan(config, Command.APP_BOOT, "db1", "h1", "h3")
    assert plan.is_gatekeeper(Pair("h1", "web"))
    assert plan.lock_host == "db1"


def test_nothing_to_boot_is_refused() -> None:
    config = a_config(a_role("web", "h1"), accessories=(an_accessory("db1"),))
    with pytest.raises(PlanRefused, match="no role runs on db1"):
        a_plan(config, Command.DEPLOY, "db1")


@pytest.mark.parametrize("version", ["", "a b", "$(id)", "-x", "v1;rm", "x" * 129])
def test_a_version_must_be_an_image_tag(version: str) -> None:
    config = a_config()
    with pytest.raises(UsageError, match="not a valid image tag"):
        make_plan(config, select(config), version, Command.DEPLOY)


def test_phases_follow_the_command() -> None:
    config = a_config()
    assert a_plan(config).phases == tuple(phase for phase in Phase if phase is not Phase.ROLLBACK)
    assert a_plan(config, skip_push=True).phases == tuple(
        each for each in Phase if each not in {Phase.BUILD, Phase.ROLLBACK}
    )
    expected = (Phase.CONNECT, Phase.LOCK, Phase.PREPARE, Phase.BOOT, Phase.FINISH, Phase.VERIFY)
    assert a_plan(config, Command.ROLLBACK).phases == expected
    assert a_plan(config, Command.APP_BOOT).phases == expected


def test_probes_come_from_the_configuration_or_the_proxys_defaults() -> None:
    web = a_role("web", "h1")
    assert web.proxy is not None
    tuned = replace(
        web, proxy=replace(web.proxy, app_port=3000, healthcheck=ProxyHealthcheck(2, "/health", 4))
    )
    config = a_config(tuned, a_role("job", "h1"), deploy_timeout=60, readiness_delay=3)
    probes = a_plan(config).probes
    assert probes[Pair("h1", "web")] == ProxyProbe("/health", 3000, 2.0, 60.0, 30.0)
    assert probes[Pair("h1", "job")] == StateProbe(60.0, 3.0)
    assert a_plan(a_config()).probes[Pair("h1", "web")] == ProxyProbe("/up", 80, 1.0, 30.0, 30.0)
    assert (
        str(probes[Pair("h1", "web")])
        == "GET :3000/health every 2 s for up to 60 s, then drain for up to 30 s"
    )


def warnings_of(config: Config, *hosts: str) -> str:
    return "\n".join(a_plan(config, Command.DEPLOY, *hosts).warnings)


def test_a_plain_config_has_no_warnings() -> None:
    assert warnings_of(a_config()) == ""


def test_a_scheduler_that_would_run_twice_is_warned_of() -> None:
    cron = a_role("cron", "h1", cmd="bundle exec clockwork clock.rb")
    text = warnings_of(a_config(a_role("web", "h1"), cron))
    assert "`bundle exec clockwork clock.rb` of cron looks like a scheduler" in text
    assert "old and new containers of cron work side by side" in text
    assert "scheduler" not in warnings_of(a_config(a_role("web", "h1"), a_role("job", "h1", cmd="bin/jobs")))


def test_a_published_port_is_warned_of() -> None:
    config = a_config(a_role("web", "h1", options={"publish": "80:80"}))
    assert "web publishes a host port" in warnings_of(config)


def test_timeouts_that_leave_no_room_are_warned_of() -> None:
    config = a_config(a_role("web", "h1"), a_role("job", "h1"), deploy_timeout=5, readiness_delay=7)
    assert "readiness_delay (7 s) of job is not shorter than deploy_timeout (5 s)" in warnings_of(config)
    web = a_role("web", "h1")
    assert web.proxy is not None
    slow = replace(web, proxy=replace(web.proxy, healthcheck=ProxyHealthcheck(interval=30)))
    assert "lets web be checked only once" in warnings_of(a_config(slow))


def test_names_that_can_be_read_in_two_ways_are_warned_of() -> None:
    config = a_config(a_role("web", "h1"), a_role("web-admin", "h1"))
    assert "containers of web-admin (app-web-admin-…) are named like versions of web" in warnings_of(config)


def test_another_leader_than_the_configured_one_is_warned_of() -> None:
    config = a_config(a_role("web", "h1"), a_role("api", "h2"))
    assert "api boots before web, which waits for it: h2 is the first host" in warnings_of(config, "h*")
    assert "boots before" not in warnings_of(config, "h1", "h2")
    assert "boots before" not in warnings_of(config, "h2")


def test_a_lock_in_another_place_than_usual_is_warned_of() -> None:
    config = a_config(a_role("web", "h1", "h2"))
    assert "the deploy lock is on h2; a deploy of all hosts takes it on h1" in warnings_of(config, "h2")


def test_a_plan_is_narrowed_to_exact_pairs() -> None:
    config = a_config(a_role("web", "h1", "h2"), a_role("job", "h2", "h3"), boot=Boot(limit=1))
    plan = a_plan(config)
    less = narrowed(config, plan, {Pair("h1", "web"), Pair("h2", "job")})
    assert [str(pair) for pair in less.pairs] == ["web@h2", "job@h3"]
    assert [group.hosts for group in less.groups] == [("h2",), ("h3",)]
    assert {str(pair) for pair in less.done} == {"web@h1", "job@h2"}
    assert set(less.every_pair) == set(plan.pairs)
    assert less.roles_to_boot("h2") == ("web",)
    assert less.selection == plan.selection
    assert narrowed(config, less, ()) == plan


def test_nothing_may_be_left_to_boot() -> None:
    config = a_config(a_role("web", "h1"), a_role("job", "h2"))
    plan = a_plan(config)
    done = narrowed(config, plan, plan.pairs)
    assert (done.groups, done.pairs, done.barrier) == ((), (), None)


def test_only_deploys_go_back_by_themselves() -> None:
    settings = BackstaffSettings(on_failure=OnFailure.ROLLBACK)
    config = a_config(a_role("web", "h1"), backstaff=settings)
    goes_back = {command for command in Command if a_plan(config, command).on_failure is OnFailure.ROLLBACK}
    assert goes_back == {Command.DEPLOY, Command.REDEPLOY}
    stop = make_plan(config, select(config), "v2", Command.DEPLOY, on_failure=OnFailure.STOP)
    assert stop.on_failure is OnFailure.STOP
