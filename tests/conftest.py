"""What holds for all tests.

Property tests judge behaviour, never speed: a busy machine must not fail them. Thousands of collected tests
are a lot of memory that stays: the garbage collector need not look through it over and over. Programs under
test take Ctrl-C, however the tests were started, and know nothing of the CI system that runs the tests."""

import gc
import os
import signal

from hypothesis import settings

from backstaff.collector import look_seldom

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
look_seldom()
# What a shell starts in the background ignores Ctrl-C, and so do the programs that it starts in its turn.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for variable in ("GITHUB_ACTIONS", "GITLAB_CI"):
    os.environ.pop(variable, None)


def pytest_collection_finish() -> None:
    """All tests are known."""
    gc.freeze()
