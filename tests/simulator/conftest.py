"""The two grounds that the contract is tried on."""

import pytest

from tests.lab.conftest import lab
from tests.simulator.grounds import Ground, LabGround, SimulatorGround

__all__ = ["lab"]


@pytest.fixture(params=["simulator", pytest.param("lab", marks=pytest.mark.lab)])
def ground(request: pytest.FixtureRequest) -> Ground:
    """A simulated host, or one with Docker's own daemon."""
    if request.param == "simulator":
        return SimulatorGround()
    return LabGround(request.getfixturevalue("lab"))
