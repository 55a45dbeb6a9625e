"""How often Python looks for garbage while many hosts are at work."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (10_000, 10, 10)
"""Python's own 700 objects mean a look at everything there is, every few thousand events of a deploy: with
500 hosts that is half of all CPU, and stops the loop for a quarter of a second each time. These cost some
tens of MiB."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Collect garbage less often while the body runs."""
    before = gc.get_threshold()
    gc.set_threshold(*(max(ours, theirs) for ours, theirs in zip(_SELDOM, before, strict=True)))
    try:
        yield
    finally:
        gc.set_threshold(*before)
