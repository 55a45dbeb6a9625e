import pytest

from backstaff.events.width import columns, padded


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("web-1", 5),
        ("café", 4),
        ("cafe\u0301", 4),
        ("漢字", 4),
        ("\uff57\uff45\uff42", 6),
        ("🚀 v2", 5),
        ("ﾊﾝ", 2),
    ],
)
def test_text_takes_as_many_columns_as_a_terminal_gives_it(text: str, width: int) -> None:
    assert columns(text) == width


def test_padding_counts_columns_and_cuts_nothing() -> None:
    assert padded("漢", 4) == "漢  "
    assert padded("long", 2) == "long"
