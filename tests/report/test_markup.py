from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.inert import inert
from backstaff.report.markup import LONGEST_TEXT, Html, element, joined, text
from tests.report.pages import HOSTILE, Parsed

any_text = st.one_of(st.text(), st.sampled_from(HOSTILE))


def shown(content: str) -> str:
    """What a reader sees of a text."""
    return "".join("\ufffd" if is_no_character(each) else each for each in inert(content))


def is_no_character(each: str) -> bool:
    return 0xFDD0 <= ord(each) <= 0xFDEF or ord(each) & 0xFFFE == 0xFFFE


@given(any_text, any_text)
def test_text_stays_text_and_attributes_stay_attributes(content: str, title: str) -> None:
    markup = element("p", element("b", content), content, title=title, hidden=True).source
    assert markup.isascii()
    parsed = Parsed(markup)
    (name, attributes), bold = parsed.tags
    assert (name, bold) == ("p", ("b", {}))
    assert attributes == {"title": shown(title), "hidden": None} if title else {"hidden": None}
    assert "".join(parsed.of("b")) == "".join(parsed.of("p")) == shown(content)


def test_markup_is_not_escaped_a_second_time() -> None:
    assert joined(element("i", "a & b"), "<").source == "<i>a &amp; b</i>&lt;"


def test_a_text_without_end_is_cut_and_the_rest_counted() -> None:
    assert text("x" * (LONGEST_TEXT + 7)) == Html("x" * LONGEST_TEXT + " &#8230; 7 characters more")
