"""Generated events of every kind, for property tests. A small world of names, so that events meet."""

from datetime import UTC, datetime
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from hypothesis import strategies as st

from backstaff.events.facts import Fact
from backstaff.events.types import Body, Event

BODIES: tuple[type[Fact], ...] = get_args(Body)
NAMES = st.sampled_from(
    ["", "h1", "h2", "web", "job", "v42", "label=role=web", 'it\u0301s "q" \x1b[31m\n\u2028']
)
SMALL = st.integers(0, 3)
SECONDS = st.floats(0, 1e6, allow_nan=False)


def of_type(annotation: object) -> st.SearchStrategy[object]:
    """Any value of a field's type, defaults not taken for granted."""
    arguments = get_args(annotation)
    if annotation is str:
        return NAMES
    if annotation is int:
        return SMALL
    if annotation is float:
        return SECONDS
    if get_origin(annotation) is Annotated:
        return of_type(arguments[0])
    if get_origin(annotation) is tuple:
        return st.lists(of_type(arguments[0]), max_size=3).map(tuple)
    if get_origin(annotation) is dict:
        return st.dictionaries(NAMES, NAMES, max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, Fact):
        return st.builds(annotation, **{k: of_type(v.annotation) for k, v in annotation.model_fields.items()})
    if get_origin(annotation) in {Union, UnionType}:
        return st.one_of([of_type(each) for each in arguments])
    if isinstance(annotation, type):
        return st.from_type(annotation)
    return st.sampled_from(arguments)


bodies = st.one_of([of_type(body) for body in BODIES])


def events_of(body: st.SearchStrategy[object]) -> st.SearchStrategy[Event]:
    """Events with any stamp."""
    times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
    return st.builds(Event, seq=st.integers(1, 10**9), at=times, t=SECONDS, body=body)


any_event = events_of(bodies)
