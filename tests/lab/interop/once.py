"""What takes both tools a minute to make is made once for all workers of a test run."""

import fcntl
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class OncePerRun:
    """`directory` is seen by all workers, `run` is the test run's own name."""

    directory: Path
    run: str

    def made(self, name: str, make: Callable[[], T]) -> T:
        """What `make` makes, or has made in another worker: then it is waited for and read. Where making it
        has failed, it is tried again."""
        place = self.directory / f"{name}-{self.run}.pickle"
        with _alone(place.with_suffix(".lock")):
            if not place.exists():
                place.write_bytes(pickle.dumps(make()))
            found: T = pickle.loads(place.read_bytes())
            return found


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
