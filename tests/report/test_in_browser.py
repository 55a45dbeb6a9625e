"""The page as Chromium shows it."""

import re
from urllib.parse import quote

import pytest

from backstaff.events.inert import inert
from backstaff.report.log_places import Measures
from tests.recordings import recorded
from tests.report.browser import Browser
from tests.report.pages import HOSTILE, Parsed, page_of, said

UNHEALTHY = page_of(recorded("unhealthy"))
TAKEN = "<script>document.title = 'taken'</script>"
ABROAD = "<img src=http://evil.test/image><link rel=stylesheet href=http://evil.test/style>"


def status(dom: str) -> str:
    """What the search says of itself."""
    found = re.search(r'<output id="status"[^>]*>([^<]*)</output>', dom)
    assert found is not None
    return found[1]


def marked(dom: str) -> list[str]:
    return re.findall(r"<mark[^>]*>(.*?)</mark>", dom)


def rows(dom: str) -> list[str]:
    """The lines of the log that are in the view, each with its columns."""
    return [
        " ".join(re.sub(r"<[^>]*>", " ", row).split())
        for row in re.findall(r'<div class="line[^"]*"[^>]*>(.*?)</div>', dom)
    ]


def here(dom: str) -> str:
    """The line that the reader was taken to."""
    (row,) = re.findall(r'<div class="line[^"]* here"[^>]*>(.*?)</div>', dom)
    return " ".join(re.sub(r"<[^>]*>", " ", row).split())


def test_a_search_in_the_address_finds_counts_and_goes_to_the_first_line(browser: Browser) -> None:
    dom = browser.dom(UNHEALTHY, "#q=get+%2Fup+500")
    assert status(dom) == "1 of 40 lines, 4 not shown"
    assert set(marked(dom)) == {"GET /up 500"}
    assert here(dom).endswith("web container GET /up 500")


def test_hosts_roles_and_sources_narrow_the_search_and_what_they_hide_is_counted(browser: Browser) -> None:
    dom = browser.dom(UNHEALTHY, "#q=GET+%2Fup+500&host=h2&source=container")
    assert status(dom) == "1 of 20 lines, 24 not shown"
    assert all(" h2 web container " in row for row in rows(dom))
    assert 'id="reveal" type="button">' in dom


def test_a_regular_expression_finds_and_can_leave_only_its_matches(browser: Browser) -> None:
    dom = browser.dom(UNHEALTHY, "#q=barrier+%5Cw%2B+failed&re=1&only=1")
    assert status(dom) == "1 of 1 line"
    assert len(rows(dom)) == 1
    assert marked(dom) == ["barrier web failed"]


def test_text_is_no_regular_expression_and_a_wrong_one_is_told(browser: Browser) -> None:
    assert status(browser.dom(UNHEALTHY, "#q=barrier+%5Cw")) == "0 lines"
    assert status(browser.dom(UNHEALTHY, "#q=(&re=1")) == "not a regular expression"


def test_an_address_with_a_time_goes_to_that_time(browser: Browser) -> None:
    failed = next(event.t for event in recorded("unhealthy") if event.body.kind == "failed")
    assert "boot of web on h1: web answered 500" in here(browser.dom(UNHEALTHY, f"#t={failed}"))


def test_a_long_log_has_only_what_is_seen_in_the_document(browser: Browser) -> None:
    page = page_of(said(f"number {number}" for number in range(20_000)))
    dom = browser.dom(page, "#q=number+12345")
    assert status(dom) == "1 of 1 line"
    assert here(dom).endswith("number 12345")
    assert len(rows(dom)) < 2_000


def test_what_is_left_out_stands_between_the_lines(browser: Browser) -> None:
    page = page_of(said(f"number {number}" for number in range(90)), Measures(first=3, newest=4))
    texts = rows(browser.dom(page))
    assert [text.rpartition(" ")[2] for text in texts if "left out" not in text] == [
        *"012",
        *map(str, range(86, 90)),
    ]
    assert texts[3].startswith("left out here: ")


def test_hostile_output_is_shown_and_does_nothing(browser: Browser) -> None:
    dom = browser.dom(page_of(said(HOSTILE)))
    tags = {tag for tag, _ in Parsed(dom).tags}
    assert "<title>A run: interrupted</title>" in dom
    assert not tags & {"img", "iframe", "base", "link"}
    shown = " ".join(text for tag, text in Parsed(dom).texts if tag == "span")
    assert all(inert(text).strip() in shown for text in HOSTILE)
    assert browser.asked == []


def test_a_hostile_address_is_text_too(browser: Browser) -> None:
    text = quote(" ".join(HOSTILE))
    for fragment in (
        f"#q={text}&host={text}&role={text}",
        f"#q={text}&re=1&source={text}&clock={text}&t={text}",
    ):
        dom = browser.dom(UNHEALTHY, fragment)
        assert "<title>shop v2: failed</title>" in dom
        assert {tag for tag, _ in Parsed(dom).tags}.isdisjoint({"img", "iframe", "base", "link"})
    assert browser.asked == []


def test_a_page_asks_nothing_of_the_network(browser: Browser) -> None:
    browser.dom(UNHEALTHY, "#q=up")
    assert browser.asked == []


def test_what_is_smuggled_into_a_page_is_stopped_by_its_policy(browser: Browser) -> None:
    smuggled = UNHEALTHY.replace("<main>", f"<main>{ABROAD}{TAKEN}<b onclick='1' style='color:red'>b</b>")
    assert "<title>shop v2: failed</title>" in browser.dom(smuggled)
    assert browser.asked == []


def test_without_the_policy_the_same_would_be_seen_here(browser: Browser) -> None:
    smuggled = f"<!DOCTYPE html><title>mine</title>{ABROAD}{TAKEN}"
    assert "<title>taken</title>" in browser.dom(smuggled)
    assert sorted(set(browser.asked)) == ["http://evil.test/image", "http://evil.test/style"]


@pytest.mark.parametrize("width", [500, 1280])
def test_nothing_is_wider_than_the_window(browser: Browser, width: int) -> None:
    probe = (
        "<script>addEventListener('load', () => document.body.dataset.over ="
        " document.documentElement.scrollWidth - innerWidth)</script>"
    )
    page = re.sub(r'<meta http-equiv="Content[^>]*>', "", UNHEALTHY).replace("</body>", f"{probe}</body>")
    found = re.search(r'data-over="(-?\d+)"', browser.dom(page, width=width))
    assert found is not None
    assert int(found[1]) <= 0
