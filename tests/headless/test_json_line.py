import json

from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.inert import inert
from backstaff.headless.json_line import inert_json


@given(st.text(st.sampled_from("#[\u200b\x9b") | st.characters(exclude_categories=["Cs"])))
def test_json_says_the_same_with_nothing_in_it_that_hides_or_drives(text: str) -> None:
    line = inert_json(json.dumps({"text": text}, ensure_ascii=False))
    assert inert(line) == line
    assert "##[" not in line
    assert inert_json(line) == line
    assert json.loads(line) == {"text": text}


def test_characters_beyond_the_first_plane_are_escaped_in_two_halves() -> None:
    assert inert_json('"a\U000e0041\u202e"') == '"a\\udb40\\udc41\\u202e"'
