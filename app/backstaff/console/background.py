"""Work that takes longer than a key may wait: done in small pieces, the most wanted first."""

from collections.abc import Iterator
from enum import IntEnum
from time import perf_counter

SLICE_S = 0.008
"""How long work goes on before keys and drawing have their turn."""


class Want(IntEnum):
    """What there is to do, the most wanted first. Of each there is one at a time."""

    SEEK = 0
    FIND = 1
    OLDER = 2
    INDEX = 3


class Background:
    """Jobs as iterators, each step of which takes a few milliseconds at most."""

    def __init__(self) -> None:
        self._jobs: dict[Want, Iterator[object]] = {}

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._jobs

    def does(self, want: Want) -> bool:
        """Whether such a job is there."""
        return want in self._jobs

    def put(self, want: Want, job: Iterator[object]) -> None:
        """Do this from now on, in place of what was to be done of the kind."""
        self._jobs[want] = job

    def drop(self, want: Want) -> None:
        """Do no longer what was to be done of the kind."""
        self._jobs.pop(want, None)

    def work(self) -> None:
        """Do something for a short time. What a job raises is its end."""
        until = perf_counter() + SLICE_S
        while self._jobs:
            want = min(self._jobs)
            job = self._jobs[want]
            try:
                next(job)
            except StopIteration:
                self._end(want, job)
            except BaseException:
                self._end(want, job)
                raise
            if perf_counter() >= until:
                return

    def _end(self, want: Want, job: Iterator[object]) -> None:
        """A job may have been replaced by another one that it has put there itself."""
        if self._jobs.get(want) is job:
            del self._jobs[want]
