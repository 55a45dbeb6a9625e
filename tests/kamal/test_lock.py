from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.errors import RemoteError
from backstaff.kamal.lock import (
    LockOutcome,
    LockOwner,
    details_text,
    encoded_details,
    parse_details,
    parse_lock_report,
    parse_owner,
)

OWNER = LockOwner(machine="m1", boot="b1", pid=42, process_start="1234", run="r1")
AT = datetime(2026, 11, 23, 4, 51, 14, tzinfo=timezone(timedelta(hours=1)))


def test_details_are_kamals_three_lines_in_base64() -> None:
    text = details_text("Ada Lovelace", AT, "v1")
    assert (
        text == "Locked by: Ada Lovelace at 2026-11-23T03:51:14Z\nVersion: v1\nMessage: Automatic deploy lock"
    )
    assert encoded_details(text) == (
        "TG9ja2VkIGJ5OiBBZGEgTG92ZWxhY2UgYXQgMjAyNi0xMS0yM1QwMzo1MTox\n"
        "NFoKVmVyc2lvbjogdjEKTWVzc2FnZTogQXV0b21hdGljIGRlcGxveSBsb2Nr\n"
        "\n"
    )


LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp"))).map(str.strip)


@given(name=LINE, version=st.from_regex(r"[a-z0-9_.]+", fullmatch=True), message=LINE)
def test_details_are_read_back(name: str, version: str, message: str) -> None:
    read = parse_details(
        encoded_details(details_text(name, datetime(2026, 1, 2, tzinfo=UTC), version, message))
    )
    assert read is not None
    assert (read.locked_by, read.at, read.version, read.message) == (
        name,
        "2026-01-02T00:00:00Z",
        version,
        message,
    )


def test_a_name_may_contain_the_separator() -> None:
    read = parse_details(encoded_details(details_text("bot at work", AT, "v1", "by hand")))
    assert read is not None
    assert (read.locked_by, read.automatic) == ("bot at work", False)


@pytest.mark.parametrize("content", ["", "\n", "   "])
def test_an_empty_file_has_no_details(content: str) -> None:
    assert parse_details(content) is None


@given(st.text())
def test_any_file_can_be_read(content: str) -> None:
    read = parse_details(content)
    assert read is None or read.text


def test_a_text_written_by_hand_is_shown_as_it_is() -> None:
    read = parse_details("do not deploy, Ada!")
    assert read is not None
    assert (read.text, read.locked_by) == ("do not deploy, Ada!", "")


def test_owner_is_read_back() -> None:
    assert parse_owner(OWNER.to_json()) == OWNER


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"pid":"x"}', "{"])
def test_a_damaged_owner_is_no_owner(text: str) -> None:
    assert parse_owner(text) is None


def test_the_turn_of_a_lock_is_read() -> None:
    report = parse_lock_report("@backstaff lock free\n@backstaff turn 7 2026-01-02 03:04:05.6 +0000\n")
    assert (report.outcome, report.turn) == (LockOutcome.FREE, "7 2026-01-02 03:04:05.6 +0000")
    assert parse_lock_report("@backstaff lock free\n@backstaff turn \n").turn == ""


def test_a_report_is_found_among_other_output() -> None:
    stdout = f"Welcome!\n@backstaff lock held\n@backstaff details\n@backstaff owner {OWNER.to_json()}\nbye\n"
    report = parse_lock_report(stdout)
    assert (report.outcome, report.details, report.owner) == (LockOutcome.HELD, None, OWNER)
    assert report.owner_text == OWNER.to_json()


@pytest.mark.parametrize("stdout", ["", "lock held", "@backstaff lock perhaps"])
def test_a_script_that_did_not_answer_is_an_error(stdout: str) -> None:
    with pytest.raises(RemoteError, match="without answering"):
        parse_lock_report(stdout)
