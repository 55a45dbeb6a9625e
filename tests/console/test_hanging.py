from hypothesis import given
from hypothesis import strategies as st

from backstaff.console.hanging import Fact, laid_out

FACTS = [Fact("web on h1", "v42 is stopped; v41 keeps serving"), Fact("the lock", "on h1 is released")]


def drawn(facts: list[Fact], width: int) -> list[str]:
    return [line.plain.rstrip() for line in laid_out(facts, width)]


def test_texts_stand_beside_their_labels_and_wrap_under_themselves() -> None:
    assert drawn(FACTS, 40) == [
        "web on h1  v42 is stopped; v41 keeps",
        "           serving",
        "the lock   on h1 is released",
    ]


def test_where_there_is_no_room_they_stand_below() -> None:
    assert drawn(FACTS, 30) == [
        "web on h1",
        "  v42 is stopped; v41 keeps",
        "  serving",
        "the lock",
        "  on h1 is released",
    ]


def test_outside_text_is_shown_as_it_is_and_never_as_markup_or_sequence() -> None:
    assert drawn([Fact("[b]h1[/]", "\x1b[31mred[/b]\nline")], 60) == ["[b]h1[/]  red[/b] line"]


def test_nothing_to_say_takes_no_line() -> None:
    assert laid_out([], 40) == []


@given(
    st.lists(st.builds(Fact, st.text(max_size=60), st.text(max_size=200)), max_size=6),
    st.integers(min_value=8, max_value=120),
)
def test_no_line_is_wider_than_the_room_there_is(facts: list[Fact], width: int) -> None:
    assert all(line.cell_length <= width for line in laid_out(facts, width))
