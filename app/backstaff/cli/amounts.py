"""Numbers on the command line: each has a most, and none is NaN, which is in any range for click."""

import math
from typing import Any

import click

AMOUNT = click.IntRange(min=0, max=1_000_000_000)
"""So many lines or runs."""


class FiniteRange(click.FloatRange):
    """Numbers with a fraction between two others."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a number."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number
