"""Every target as Atheris gets it, with a stand-in for Atheris that tries the input to begin with."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backstaff.config import erb
from tests.fuzz import atheris_targets
from tests.fuzz.targets import TARGETS

ODD = (b"", b"\x00", b"\xff\xfe", b"{", b"a: b\n")
WORD = re.compile(r'"(\\x[0-9a-f]{2})+"')


@dataclass
class StandIn:
    """What is used of Atheris, with its names."""

    instrumented: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    tried: list[bytes] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @contextmanager
    def instrument_imports(self, include: Sequence[str]) -> Iterator[None]:
        self.instrumented += include
        yield

    def Setup(self, argv: Sequence[str], feed: Callable[[bytes], object]) -> None:  # noqa: N802
        self._feed = feed
        self.options = [each for each in argv[1:] if each.startswith("-")]
        self._inputs = [Path(each) for each in argv[1:] if not each.startswith("-")]

    def Fuzz(self) -> None:  # noqa: N802
        (words,) = (each.removeprefix("-dict=") for each in self.options if each.startswith("-dict="))
        self.words = Path(words).read_text().splitlines()
        for place in self._inputs:
            files = place.iterdir() if place.is_dir() else (place,)
            self.tried += [each.read_bytes() for each in files]
        for data in (*self.tried, *ODD):
            self._feed(data)


@pytest.fixture
def atheris(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setitem(sys.modules, "atheris", stand_in)
    # What is replaced for good is put back.
    monkeypatch.setitem(vars(erb), "run", vars(erb)["run"])
    return stand_in


def start(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["atheris_targets", *arguments])
    atheris_targets.main()


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_fed_its_seeds_and_knows_its_words(
    atheris: StandIn, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    start(monkeypatch, name, "-max_total_time=1")

    assert atheris.instrumented == ["backstaff"]
    assert "-max_total_time=1" in atheris.options
    assert set(atheris.tried) >= set(TARGETS[name].seeds)
    assert len(atheris.words) == len(TARGETS[name].tokens)
    assert all(WORD.fullmatch(word) for word in atheris.words)


def test_input_that_is_named_is_all_that_is_tried(
    atheris: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crash = tmp_path / "crash-1"
    crash.write_bytes(b"<% x %>")

    start(monkeypatch, "erb", str(crash))

    assert atheris.tried == [b"<% x %>"]


@pytest.mark.parametrize("arguments", [(), ("nothing",)])
def test_a_target_that_is_none_is_answered_with_their_names(
    atheris: StandIn, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit, match="name one of: config, erb"):
        start(monkeypatch, *arguments)
