"""How long to fuzz: a little in each run of the tests, and as long as is asked for.

BACKSTAFF_FUZZ=20000 pytest tests/fuzz -n 0 --timeout 0     # examples for each target
"""

import os
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, settings

VARIABLE = "BACKSTAFF_FUZZ"
EXAMPLES = 40

T = TypeVar("T", bound=Callable[..., None])


def fuzzed(test: T) -> T:
    """A property test with as many examples as the environment asks for."""
    asked = int(os.environ.get(VARIABLE, "0"))
    profile = settings(
        max_examples=asked or EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck) if asked else [HealthCheck.function_scoped_fixture],
    )
    return profile(test)
