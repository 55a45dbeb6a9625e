import base64
import gzip
import hashlib
import re
from importlib import resources

import pytest
from hypothesis import given, settings

from backstaff.events.facts import FailureCard
from backstaff.events.inert import inert
from backstaff.events.types import Event
from tests.events.builders import a_failed_deploy, a_good_deploy
from tests.kamallog.logs import capture, read
from tests.recordings import DIRECTORY, file_of, recorded
from tests.replay.journals import a_failed_run, any_run
from tests.report.pages import HOSTILE, Parsed, log_of, log_texts, page_of, said

SCENARIOS = sorted(path.name.split(".")[0] for path in DIRECTORY.glob("*.jsonl.gz"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_is_one_page_that_names_nothing_outside_of_it(name: str) -> None:
    page = page_of(gzip.decompress(file_of(name).read_bytes()))
    parsed = Parsed(page)
    assert page.isascii()
    assert not [tag for tag, _ in parsed.tags if tag in {"link", "img", "iframe", "object", "base", "form"}]
    addresses = [
        value for _, attributes in parsed.tags for key, value in attributes.items() if key in {"src", "href"}
    ]
    assert all(value is not None and value.startswith("#t=") for value in addresses)
    assert "style" not in {key for _, attributes in parsed.tags for key in attributes}
    headings = [tag for tag, _ in parsed.tags if tag in {"h1", "h2"}]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1


def test_its_policy_allows_its_own_style_and_script_and_nothing_else() -> None:
    page = page_of(a_failed_run())
    policy = next(
        attributes["content"]
        for _, attributes in Parsed(page).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    own = {kind: re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL) for kind in ("style", "script")}

    def allowed(kind: str) -> str:
        (content,) = own[kind]
        return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'",
        "style-src": allowed("style"),
        "script-src": allowed("script"),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.parametrize("name", ["style.css", "script.js"])
def test_its_own_files_end_no_element_and_ask_nothing_of_a_network(name: str) -> None:
    content = resources.files("backstaff.report").joinpath(name).read_text(encoding="ascii")
    assert not re.search(r"</|<!--|://|url\(|@import|fetch\(|XMLHttp|WebSocket|innerHTML|eval\(", content)


def test_a_failed_run_tells_its_cause_before_anything_else() -> None:
    shown = Parsed(page_of(recorded("stuck-filter"))).shown()
    places = [
        shown.index(words)
        for words in (
            "failed",
            "no filter finds the new container: it carries destination=staging",
            "backstaff app logs -h h1 --container-id shop-web-v2",
            "Hosts at the end",
            "Where the time went",
        )
    ]
    assert places == sorted(places)
    assert "v1 → v2" in shown
    assert "not booted v1 runs, untouched" in shown


def test_a_run_that_went_well_has_no_card() -> None:
    page = page_of(recorded("healthy"))
    assert 'class="card' not in page
    assert re.search("✓ +done", Parsed(page).shown())


def test_each_way_out_is_a_paragraph_with_its_commands_as_such() -> None:
    fix = "h1: run `this`\nh2: install it   apt-get docker"
    card = FailureCard(title="connecting", cause="2 hosts", fix=fix)
    parsed = Parsed(page_of(a_failed_deploy(lambda _: card).events))
    told = [each.strip() for each in parsed.of("p") if each.startswith(("h1:", "h2:"))]
    assert told == ["h1: run", "h2: install it"]
    assert {"this", "apt-get docker"} <= set(parsed.of("code"))


def test_an_interrupted_run_tells_where_each_wait_stood() -> None:
    shown = Parsed(page_of(recorded("unhealthy", 9.0))).shown()
    assert "interrupted" in shown
    assert "known up to" in shown
    assert re.search(
        r"job@h3 and job@h4 wait for the first healthy web container +8\.\d s so far, 3 min", shown
    )
    assert "GET :80/up -> status 500" in shown


def test_a_log_of_kamal_that_ends_in_silence_tells_what_it_waited_for() -> None:
    shown = Parsed(page_of(read(capture("report-2.6.0.log")))).shown()
    assert "job waits for web; no web host has started; its group comes after" in shown
    assert "without a limit" in shown


def test_the_log_has_what_plain_lines_say_and_all_output() -> None:
    texts = log_texts(page_of(recorded("unhealthy")))
    assert "barrier web failed: no web container became healthy; job on h3 and h4 not booted" in texts
    assert texts.count("GET /up 500") == 40
    assert texts[-1].startswith("failed after 21 s")


def test_damaged_lines_are_told_and_left_out() -> None:
    content = b"".join(event.to_line().encode() + b"\n" for event in a_good_deploy().events)
    first, rest = content.split(b"\n", 1)
    page = page_of(first + b"\nnot an event\n" + rest)
    assert "1 line of the journal can not be read and left out here" in Parsed(page).shown()
    assert any("can not be read" in text for text in log_texts(page))


def test_hostile_output_is_text_in_the_data() -> None:
    page = page_of(said(HOSTILE))
    assert [tag for tag, _ in Parsed(page).tags].count("script") == 2
    assert log_texts(page) == [inert(text) for text in HOSTILE]
    data = page[page.index('id="log-data">') : page.index("</script>")]
    assert not set(data.partition(">")[2]) & set("<>&")


@given(any_run)
@settings(max_examples=60)
def test_whatever_a_journal_holds_is_a_page(events: list[Event]) -> None:
    page = page_of(events)
    parsed = Parsed(page)
    assert page.isascii()
    assert [tag for tag, _ in parsed.tags].count("script") == 2
    assert len(log_of(page)[0]) >= sum(event.body.kind == "output" for event in events)
