"""The deploy lock: each tool honours the other's, can read it, and gives back only its own."""

import base64
import re
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.lab.commands import Finished
from tests.lab.interop.project import PERFORMER, Project, Tool, make_project

LOCK = ".kamal/lock-shop-staging"
STAGING = "--destination=staging"
DEPLOY = ("deploy", "--skip-push", "--version=v1", STAGING)
REFUSED = {
    Tool.KAMAL: (1, "Deploy lock found. Run 'kamal lock help' for more information"),
    Tool.BACKSTAFF: (3, f"the deploy lock is held by {PERFORMER}"),
}
"""How each tool refuses to deploy while the lock is held: exit code and words."""

NO_LOCK = "There is no deploy lock"


@pytest.fixture(scope="module")
def project(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    lab.app_image("v1", service="shop")
    return make_project(lab, tmp_path_factory.mktemp("interop"), "shop")


@pytest.fixture
def lock(lab: Lab) -> Path:
    """Where the lock is, on the first host of the primary role."""
    return lab.hosts[0].home / LOCK


@pytest.mark.parametrize("holder", Tool)
def test_a_running_deploy_stops_the_other_tool(lab: Lab, project: Project, lock: Path, holder: Tool) -> None:
    with project.deploy_held_in_hook(holder, *DEPLOY):
        held = _files(lock)
        seen = project.must(holder.other, "lock", "status", STAGING)
        refused = project.run(holder.other, *DEPLOY)
        assert _files(lock) == held
        assert lab.hosts[0].docker("ps", "--all", "--quiet") == ""
    assert re.search(rf"Locked by: {PERFORMER} at {_TIME}\nVersion: v1\nMessage: Automatic deploy lock", seen)
    _assert_refused(holder.other, refused)
    assert NO_LOCK in project.must(holder.other, "lock", "status", STAGING)
    assert not lock.exists()


@pytest.mark.parametrize("holder", Tool)
def test_a_lock_taken_by_hand_stops_the_other_tool_which_can_release_it(
    project: Project, lock: Path, holder: Tool
) -> None:
    project.must(holder, "lock", "acquire", "--message=two words", "--version=v1", STAGING)
    held = _files(lock)
    assert held.keys() == ({"details"} if holder is Tool.KAMAL else {"details", "backstaff"})
    _assert_refused(holder.other, project.run(holder.other, *DEPLOY))
    again = project.run(holder.other, "lock", "acquire", "--message=mine", "--version=v1", STAGING)
    _assert_refused(holder.other, again)
    assert _files(lock) == held
    seen = project.must(holder.other, "lock", "status", STAGING)
    assert re.search(rf"Locked by: {PERFORMER} at {_TIME}\nVersion: v1\nMessage: two words", seen)
    assert "Released the deploy lock" in project.must(holder.other, "lock", "release", STAGING)
    assert not lock.exists()


def test_the_details_are_the_same_bytes_but_for_the_time(project: Project, lock: Path) -> None:
    details = {}
    for tool in Tool:
        project.must(tool, "lock", "acquire", "--message=a » b", "--version=v1", STAGING)
        details[tool] = _files(lock)["details"]
        project.must(tool, "lock", "release", STAGING)
    kamal, backstaff = details[Tool.KAMAL], details[Tool.BACKSTAFF]
    assert re.sub(_TIME, "TIME", _decoded(backstaff)) == re.sub(_TIME, "TIME", _decoded(kamal))
    assert [len(line) for line in backstaff.split(b"\n")] == [len(line) for line in kamal.split(b"\n")]


def test_backstaff_leaves_a_lock_that_kamal_took_meanwhile(project: Project, lock: Path) -> None:
    with project.deploy_held_in_hook(Tool.BACKSTAFF, *DEPLOY):
        project.must(Tool.KAMAL, "lock", "release", STAGING)
        project.must(Tool.KAMAL, "lock", "acquire", "--message=mine now", "--version=v1", STAGING)
        taken = _files(lock)
    assert _files(lock) == taken


_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def _assert_refused(tool: Tool, finished: Finished) -> None:
    code, words = REFUSED[tool]
    assert finished.returncode == code
    assert words in finished.stdout + finished.stderr


def _files(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def _decoded(details: bytes) -> str:
    return base64.b64decode(details).decode()
