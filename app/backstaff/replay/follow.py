"""The events of a run up to its end, also while it still goes on."""

from collections.abc import Callable, Iterator

from backstaff.events.types import RunEnded
from backstaff.replay.entries import Damage, Entry
from backstaff.replay.recording import Recording


def to_the_end(
    recording: Recording, goes_on: Callable[[], bool], pause: Callable[[], object]
) -> Iterator[Entry | Damage]:
    """All entries; at the end of the journal `pause` and look again for as long as the run `goes_on`.

    Raises `JournalError` if the journal can not be read any more."""
    offset = 0
    while True:
        # Asked first: what is written right before its writer lets go of the journal is read all the same.
        last_look = not goes_on()
        for each in recording.entries(offset):
            offset = each.end
            yield each
            if isinstance(each, Entry):
                last_look |= isinstance(each.event.body, RunEnded) and not recording.grows
        if last_look:
            return
        pause()
