"""Looks at every process of this machine, those in the hosts' namespaces included, as fast as it can.

A program of its own: `python -m tests.lab.process_watch`. It reads from standard input what to look for, in
lines up to an empty one (in its arguments it would find it itself), says `ready`, and prints what it found as
JSON when standard input ends.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.secret_forms import SecretForms

_REPOSITORY = Path(__file__).parents[2]
_NEW_FOR_S = 0.5
"""How long a process is looked at in every round: it may become another program."""
_ALL_EVERY_S = 0.5
"""How often all others are looked at: on a busy machine, or in a container, it may become one late."""
_SAME_PROGRAM_TRIES = 5


@dataclass
class Findings:
    """What was seen. `arguments` and `environments` are command lines of processes that had a word in them,
    in whatever form, with that word's number; `programs` are the first two arguments of all."""

    rounds: int = 0
    watched_s: float = 0.0
    processes: int = 0
    programs: list[str] = field(default_factory=list)
    arguments: list[tuple[int, str]] = field(default_factory=list)
    environments: list[tuple[int, str]] = field(default_factory=list)

    @property
    def rounds_per_s(self) -> float:
        """On the average of all the time."""
        return self.rounds / self.watched_s

    def ran(self, *words: str) -> bool:
        """Whether a program was seen whose first arguments have all of these words."""
        return any(all(word in program for word in words) for program in self.programs)


class Watch:
    """Rounds over /proc."""

    def __init__(self, words: Sequence[str]) -> None:
        self._forms = SecretForms(words)
        self._began = time.monotonic()
        self._seen: dict[str, float] = {}
        self._known: dict[str, int] = {}
        self._programs: set[str] = set()
        self._arguments: set[tuple[int, str]] = set()
        self._environments: set[tuple[int, str]] = set()
        self._rounds = 0
        self._all_again_at = 0.0

    def look(self) -> None:
        """One round."""
        self._rounds += 1
        now = time.monotonic()
        all_again = now >= self._all_again_at
        if all_again:
            self._all_again_at = now + _ALL_EVERY_S
        for pid in os.listdir("/proc"):  # noqa: PTH208 - names alone, a thousand times a second
            if pid[0].isdigit() and (now - self._seen.setdefault(pid, now) <= _NEW_FOR_S or all_again):
                self._look_at(pid)

    def _look_at(self, pid: str) -> None:
        """Look until arguments and environment are of the same program: between two reads it may become
        another one, and what that was given would be taken for the first one's."""
        arguments = _read(f"/proc/{pid}/cmdline")
        for _ in range(_SAME_PROGRAM_TRIES):
            if not arguments:
                return
            environment = _read(f"/proc/{pid}/environ")
            both = hash((arguments, environment))
            if self._known.get(pid) == both:
                return
            shown = arguments.replace(b"\0", b" ").decode("utf-8", "replace").strip()
            self._programs.add(" ".join(shown.split(" ")[:2])[:100])
            self._arguments |= self._found(arguments, shown)
            now = _read(f"/proc/{pid}/cmdline")
            if now in {arguments, b""}:  # One that has ended meanwhile has none.
                self._environments |= self._found(environment, shown)
                self._known[pid] = both
                return
            arguments = now

    def _found(self, text: bytes, shown: str) -> set[tuple[int, str]]:
        return {(number, shown[:200]) for number in self._forms.found_in(text)}

    def findings(self) -> Findings:
        """All so far."""
        return Findings(
            self._rounds,
            time.monotonic() - self._began,
            len(self._seen),
            sorted(self._programs),
            sorted(self._arguments),
            sorted(self._environments),
        )


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path takes as long again
            return file.readall()
    except OSError:
        return b""


@contextmanager
def watching(words: Sequence[str]) -> Iterator[Findings]:
    """Watch while the body runs; the findings are there when it is over."""
    findings = Findings()
    watch = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.process_watch"],
        cwd=_REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watch.stdin is not None
    assert watch.stdout is not None
    try:
        watch.stdin.write("".join(f"{word}\n" for word in words) + "\n")
        watch.stdin.flush()
        assert watch.stdout.readline() == "ready\n"
        yield findings
        watch.stdin.close()
        found = json.loads(watch.stdout.read())
    finally:
        watch.kill()
        watch.wait()
        watch.stdout.close()
    findings.__dict__.update(found)


def main() -> None:
    """Watch until standard input ends."""
    words = []
    while word := sys.stdin.readline().rstrip("\n"):
        words.append(word)
    over = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    watch = Watch(words)
    watch.look()
    print("ready", flush=True)
    while not over.is_set():
        watch.look()
    print(json.dumps(watch.findings().__dict__), flush=True)


if __name__ == "__main__":
    main()
