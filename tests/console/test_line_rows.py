from hypothesis import given
from hypothesis import strategies as st

from backstaff.console.line_rows import Rows
from backstaff.console.line_text import cells, fold

TEXTS = st.lists(st.text(alphabet="ab漢\u0301🚀é", max_size=40), max_size=12)
STEPS = st.lists(
    st.one_of(TEXTS, st.integers(0, 8), st.sampled_from([None, 2, 5, 9]).map(lambda w: (w,))), max_size=10
)


@given(STEPS)
def test_rows_kept_up_step_by_step_are_those_laid_out_from_scratch(
    steps: list[list[str] | int | tuple[int | None]],
) -> None:
    rows, texts = Rows(), list[str]()
    width: int | None = None
    for step in steps:
        match step:
            case list():
                rows.extend(step)
                texts += step
            case int():
                rows.drop(min(step, len(texts)))
                texts = texts[min(step, len(texts)) :]
            case (wanted,):
                width = wanted
                rows.wrap(width, texts.__getitem__)
    heights = [1 if width is None else len(fold(text, width)) for text in texts]
    where = [(line, part) for line, height in enumerate(heights) for part in range(height)]
    assert (rows.count, rows.total) == (len(texts), len(where))
    assert [rows.line_at(row) for row in range(rows.total)] == where
    assert [rows.first_row(line) for line in range(len(texts) + 1)] == [
        sum(heights[:line]) for line in range(len(texts) + 1)
    ]


def test_the_widest_line_is_known() -> None:
    rows = Rows()
    rows.extend(["abc", "漢字漢字", "ab"])
    assert rows.widest == cells("漢字漢字") == 8


def test_cleared_rows_are_wrapped_as_before() -> None:
    rows = Rows()
    rows.wrap(2, "".__getitem__)
    rows.clear()
    rows.extend(["abcde"])
    assert rows.total == 3
