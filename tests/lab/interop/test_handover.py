"""One after the other on the same hosts: Kamal, Backstaff, Kamal, Backstaff, as if they were one tool."""

import re

import pytest

from tests.lab import Lab
from tests.lab.interop.host_state import RANDOM, HostState, look_at
from tests.lab.interop.once import OncePerRun
from tests.lab.interop.project import PERFORMER_EMAIL, Tool, make_project

STAGING = "--destination=staging"
ROLES = ("web", "job")
TAGGING = "Tagging IMAGE as the latest image"


@pytest.fixture(scope="module")
def history(lab: Lab, tmp_path_factory: pytest.TempPathFactory, once: OncePerRun) -> list[list[HostState]]:
    """Both hosts after each of the four turns."""
    return once.made("handover", lambda: _take_turns(lab, tmp_path_factory))


def _take_turns(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> list[list[HostState]]:
    lab.wipe()
    project = make_project(lab, tmp_path_factory.mktemp("interop"), "shop")
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
    expected = [*_deployed("v1"), *_deployed("v2"), *_rolled_back("v1"), *_rolled_back("v2")]
    prefix = f"[TIME] [{PERFORMER_EMAIL}] [staging] "
    log = history[-1][host].audit
    assert all(line.startswith(prefix) for line in log)
    assert [_without_image(line.removeprefix(prefix)) for line in log] == expected


def _deployed(version: str) -> list[str]:
    booted = [f"[{role}] Booted app version {version}" for role in ROLES]
    return [f"Pulled image with version {version}", *booted, TAGGING, "Pruned containers", "Pruned images"]


def _rolled_back(version: str) -> list[str]:
    renaming = f"Renaming container {version} to {version}_replaced_{RANDOM}"
    booted = f"Booted app version {version}"
    return [*(f"[{role}] {text}" for role in ROLES for text in (renaming, booted)), TAGGING]


def _without_image(line: str) -> str:
    return re.sub(r"Tagging \S+:v[12] as", "Tagging IMAGE as", line)
