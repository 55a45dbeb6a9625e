import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.needles import Needles

NEEDLE = st.text("ab-", min_size=Needles.HEAD, max_size=9)


@pytest.mark.parametrize(
    ("needles", "text", "found"),
    [
        ([], "anything", []),
        (["word"], "a word, words", [(2, 6), (8, 12)]),
        (["swordfish", "swordfish-4711"], "swordfish-4711", [(0, 14)]),
        (["swordfish", "fishhook"], "swordfishhook", [(0, 9)]),
        (["a.b*"], "axbb a.b*", [(5, 9)]),
        (["https://a", "https://b"], "https://c https://b", [(10, 19)]),
    ],
)
def test_the_longest_is_found_at_each_place(
    needles: list[str], text: str, found: list[tuple[int, int]]
) -> None:
    assert Needles(needles).spans(text) == found


@given(st.lists(NEEDLE, min_size=1, max_size=6), st.text("ab-", max_size=60))
def test_they_are_found_where_an_expression_of_all_of_them_finds_them(needles: list[str], text: str) -> None:
    longest_first = sorted(needles, key=len, reverse=True)
    expected = [found.span() for found in re.finditer("|".join(map(re.escape, longest_first)), text)]
    assert Needles(needles).spans(text) == expected
