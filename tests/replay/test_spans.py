from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backstaff.replay.spans import Span, length, merged, put_into, within, without

some_spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (float(min(pair)), float(max(pair)))),
    max_size=8,
)


def seconds_of(spans: list[Span]) -> set[int]:
    """Every whole second that is in them."""
    return {second for began, ended in spans for second in range(int(began), int(ended))}


@given(some_spans)
def test_merged_spans_are_the_same_time_in_order_and_apart(spans: list[Span]) -> None:
    joined = merged(spans)
    assert seconds_of(joined) == seconds_of(spans)
    assert all(one[1] < other[0] for one, other in pairwise(joined))
    assert length(joined) == len(seconds_of(spans))


@given(some_spans, some_spans)
def test_spans_are_cut_out_of_each_other(spans: list[Span], others: list[Span]) -> None:
    one, other = merged(spans), merged(others)
    assert seconds_of(without(one, other)) == seconds_of(one) - seconds_of(other)
    assert seconds_of(within(one, other)) == seconds_of(one) & seconds_of(other)


@given(some_spans, some_spans)
def test_a_span_put_into_others_is_as_if_it_had_been_there_from_the_beginning(
    spans: list[Span], more: list[Span]
) -> None:
    put = merged(spans)
    for span in more:
        put_into(put, span)
    assert put == merged([*spans, *more])
