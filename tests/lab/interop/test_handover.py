"""One after the other on the same hosts: Kamal, Backstaff, Kamal, Backstaff, as if they were one tool."""

import pytest

from tests.lab import Lab
from tests.lab.interop.host_state import RANDOM, HostState, look_at
from tests.lab.interop.project import PERFORMER_EMAIL, Tool, shop_project

STAGING = "--destination=staging"
ROLES = ("web", "job")


@pytest.fixture(scope="module")
def history(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> list[list[HostState]]:
    """Both hosts after each of the four turns."""
    lab.wipe()
    project = shop_project(lab, tmp_path_factory.mktemp("shop"))
    for version in ("v1", "v2"):
        lab.app_image(version, service="shop")
    turns = (
        (Tool.KAMAL, "deploy", "--skip-push", "--version=v1"),
        (Tool.BACKSTAFF, "deploy", "--skip-push", "--version=v2"),
        (Tool.KAMAL, "rollback", "v1"),
        (Tool.BACKSTAFF, "rollback", "v2"),
    )
    states = []
    for tool, *arguments in turns:
        project.must(tool, *arguments, STAGING)
        states.append([look_at(host) for host in lab.hosts[:2]])
    return states


@pytest.fixture(autouse=True)
def _clean_hosts() -> None:
    """Nothing to clean: these tests look at what was seen once."""


@pytest.mark.parametrize("host", [0, 1])
def test_each_turn_leaves_one_running_version_that_the_proxy_serves(
    history: list[list[HostState]], host: int
) -> None:
    for version, states in zip(("v1", "v2", "v1", "v2"), history, strict=True):
        assert states[host].running() == {f"shop-{role}-staging-{version}" for role in ROLES}
        assert [each.target for each in states[host].services] == [f"shop-web-staging-{version}:8080"]
        assert all(each.state == "running" for each in states[host].services)


@pytest.mark.parametrize("host", [0, 1])
def test_each_turn_keeps_what_the_turns_before_left_to_go_back_to(
    history: list[list[HostState]], host: int
) -> None:
    replaced = {version: f"{version}_replaced_{RANDOM}" for version in ("v1", "v2")}
    expected = [[], ["v1"], [replaced["v1"], "v2"], [replaced["v1"], replaced["v2"], "v1"]]
    for versions, states in zip(expected, history, strict=True):
        names = {f"shop-{role}-staging-{version}" for role in ROLES for version in versions}
        assert states[host].stopped() == names


@pytest.mark.parametrize("host", [0, 1])
def test_the_audit_log_is_one_log_of_both(history: list[list[HostState]], host: int) -> None:
    def lines(role: str, *texts: str) -> list[str]:
        tag = f"[{role}] " if role else ""
        return [f"[TIME] [{PERFORMER_EMAIL}] [staging] {tag}{text}" for text in texts]

    log = list(history[-1][host].audit)
    for version, other in (("v1", "v2"), ("v2", "v1")):
        start = lines("", f"Pulled image with version {version}")
        booted = [line for role in ROLES for line in lines(role, f"Booted app version {version}")]
        assert other
        assert log[: len(start) + len(booted)] == [*start, *booted]
        end = log[3:6]
        assert [line.partition("[staging] ")[2].split(" ")[0] for line in end] == ["Tagging", "Pruned", "Pruned"]
        del log[:6]
    for version in ("v1", "v2"):
        for role in ROLES:
            renaming = f"Renaming container {version} to {version}_replaced_{RANDOM}"
            assert log[:2] == lines(role, renaming, f"Booted app version {version}")
            del log[:2]
        assert f"Tagging" in log.pop(0)
    assert log == []
