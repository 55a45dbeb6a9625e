"""What goes wrong in several jobs at once is told as one failure."""

import pytest

from backstaff.engine.together import at_once, with_others
from backstaff.errors import BackstaffError

FROZEN = "Docker does not answer"


def test_hosts_that_fail_alike_are_named_and_others_have_their_own_words() -> None:
    told = with_others(
        [
            BackstaffError(FROZEN, where="h1", evidence=["seen running"]),
            BackstaffError(FROZEN, where="h2"),
            BackstaffError("the disk is full", where="h3"),
            BackstaffError(FROZEN, where="h4"),
        ]
    )
    assert (told.where, told.what) == ("h1", FROZEN)
    assert told.evidence == ("seen running", "the same on h2, h4", "also h3: the disk is full")


async def test_two_jobs_of_one_host_that_fail_alike_are_one_failure() -> None:
    async def fails() -> None:
        raise BackstaffError(FROZEN, where="h1")

    with pytest.raises(BackstaffError) as raised:
        await at_once(fails(), fails())
    assert raised.value.evidence == ()
