"""Tests with the real Kamal need its binary. With BACKSTAFF_LAB=required, missing it is a failure."""

import os
from pathlib import Path

import pytest

from tests.lab.interop.once import OncePerRun
from tests.lab.interop.project import Tool

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this directory `kamal`."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.kamal)


@pytest.fixture(scope="session", autouse=True)
def _kamal_is_installed() -> None:
    """Skip where Kamal is not installed."""
    if Tool.KAMAL.command:
        return
    reason = "kamal is not installed: uv sync --group interop (Linux x86-64 only)"
    if os.environ.get("BACKSTAFF_LAB") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str, testrun_uid: str) -> OncePerRun:
    """For what all workers look at and one makes."""
    own = tmp_path_factory.getbasetemp()
    return OncePerRun(own if worker_id == "master" else own.parent, testrun_uid)
