import unicodedata
from enum import StrEnum

import pytest

from backstaff.console.states import (
    ALL_LOOKS,
    LONGEST_WORD,
    Look,
    State,
    Tone,
    ascii_only,
    look_of,
    look_of_phase,
)
from backstaff.events.board_state import PhaseView
from backstaff.events.facts import BarrierState, HostState, LockState, Outcome, PairState, Phase

KINDS: list[type[StrEnum]] = [HostState, PairState, BarrierState, LockState, Outcome]
STATES: list[State] = [*HostState, *PairState, *BarrierState, *LockState, *Outcome]


@pytest.mark.parametrize("state", STATES, ids=lambda state: f"{type(state).__name__}.{state.name}")
def test_every_state_has_a_look_that_fits_its_column(state: State) -> None:
    look = look_of(state)
    assert 0 < len(look.word) <= LONGEST_WORD
    assert look.word.isascii()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_states_of_one_kind_are_told_apart_by_their_words(kind: type[StrEnum]) -> None:
    words = [look_of(state).word for state in STATES if isinstance(state, kind)]
    assert len(words) == len(kind)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("look", ALL_LOOKS, ids=lambda look: look.word)
def test_glyphs_take_one_cell_whatever_the_terminal_takes_ambiguous_ones_for(look: Look) -> None:
    assert len(look.glyph) == 1
    assert unicodedata.east_asian_width(look.glyph) in {"N", "Na"}
    assert len(look.ascii_glyph) == 1
    assert look.ascii_glyph.isascii()


def test_tones_that_alarm_have_glyphs_of_their_own() -> None:
    failed = {look.glyph for look in ALL_LOOKS if look.tone is Tone.FAILED}
    fine = {look.glyph for look in ALL_LOOKS if look.tone is Tone.OK}
    assert failed == {"✗"}
    assert fine == {"✓"}
    assert not any(look.glyph in failed | fine for look in ALL_LOOKS if look.tone is Tone.WORKING)


def test_a_phase_is_to_come_then_goes_on_then_shows_its_outcome() -> None:
    going_on = PhaseView(Phase.BOOT, 6.3)
    failed = PhaseView(Phase.BOOT, 6.3, outcome=Outcome.FAILED)
    words = [look_of_phase(each).word for each in (None, going_on, failed)]
    assert words == [
        "to come",
        "going on",
        "failed",
    ]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LC_CTYPE": "C.utf8", "LANG": "C"}, False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "en_US.UTF-8", "BACKSTAFF_ASCII": "1"}, True),
        ({"LC_ALL": "C", "BACKSTAFF_ASCII": "0"}, False),
    ],
)
def test_ascii_is_for_those_who_ask_for_it_and_for_locales_without_unicode(
    environ: dict[str, str], *, expected: bool
) -> None:
    assert ascii_only(environ) is expected
