"""What holds for all tests.

Property tests judge behaviour, never speed: a busy machine must not fail them. Thousands of collected tests
are a lot of memory that stays: the garbage collector need not look through it over and over."""

import gc

from hypothesis import settings

from backstaff.collector import look_seldom

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
look_seldom()


def pytest_collection_finish() -> None:
    """All tests are known."""
    gc.freeze()
