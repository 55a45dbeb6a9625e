"""Whatever is fed to a parser, it ends, and in a documented way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.inputs import ODD, any_input
from tests.fuzz.profile import fuzzed
from tests.fuzz.targets import TARGETS

LONG = 30_000
"""Characters: what takes the square of its input's length does not end in time for these."""


@pytest.mark.parametrize("name", TARGETS)
@fuzzed
@given(data=st.data())
def test_any_input(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    target.feed(data.draw(any_input(target.seeds, target.tokens)))


@pytest.mark.parametrize("name", TARGETS)
def test_sound_input_and_every_part_of_it(name: str) -> None:
    target = TARGETS[name]
    for seed in target.seeds:
        target.feed(seed)
        for part in (1, 4, 7):
            target.feed(seed[: len(seed) * part // 8])


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", TARGETS)
def test_long_input_of_one_piece_repeated(name: str) -> None:
    target = TARGETS[name]
    for piece in dict.fromkeys((*target.tokens, *ODD[:-2], "a.", "a ", "x=", "((", "a:b ", '\\"')):
        raw = piece.encode()
        target.feed(raw * (LONG // len(raw)))
