"""Halves of characters: found, told with what mends them, and replaced where they can not be refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.half_characters import byte_in, half_in, without_halves


@given(st.text())
def test_a_text_that_can_be_written_has_none(text: str) -> None:
    assert half_in(text) == byte_in(text) == ""
    assert without_halves(text) == text


@given(st.text(), st.characters(categories=["Cs"]), st.text())
def test_a_text_with_one_can_be_written_once_it_is_replaced(before: str, half: str, after: str) -> None:
    assert half_in(before + half + after)
    assert byte_in(before + half + after)
    assert without_halves(before + half + after).encode().decode() == f"{before}?{after}"


@pytest.mark.parametrize("byte", [0x80, 0xE4, 0xFF])
def test_the_byte_that_python_could_not_read_is_told(byte: int) -> None:
    text = bytes([ord("a"), byte]).decode("utf-8", "surrogateescape")
    assert byte_in(text) == f"is not UTF-8 text: it has the byte 0x{byte:02x} in it"
