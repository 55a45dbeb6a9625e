"""Fixtures on real hosts. With BACKSTAFF_LAB=required a machine that cannot run the lab fails, not skips."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import Lab, missing_requirements

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this directory `lab`."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Four hosts for the whole session, one lab for each pytest-xdist worker."""
    missing = missing_requirements()
    if missing and os.environ.get("BACKSTAFF_LAB") == "required":
        pytest.fail("; ".join(missing))
    if missing:
        pytest.skip("; ".join(missing))
    with Lab.up(4) as lab:
        yield lab


@pytest.fixture(autouse=True)
def _clean_hosts(lab: Lab) -> None:
    """Every test finds its hosts whole and empty."""
    lab.heal()
    lab.wipe()
