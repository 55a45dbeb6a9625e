"""Every line is in exactly one record, and each of Kamal's is known for what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.kamallog.grammar import (
    Chunk,
    Finished,
    HostBlock,
    Interrupted,
    Logged,
    Loose,
    More,
    MoreOf,
    Raised,
    Record,
    Running,
    Said,
    is_kamals,
    records,
)
from backstaff.kamallog.wrapping import Line, Wrapping, detect, unwrapped
from tests.kamallog.logs import CAPTURES, bare, capture

ANY_LINE = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60),
    st.sampled_from(sorted({line for name in CAPTURES for line in bare(name)})),
    st.sampled_from(sorted({line for name in CAPTURES for line in bare(name)})).map(
        lambda line: line[: len(line) // 2]
    ),
)


def _records(*lines: str) -> list[Record]:
    return list(records(Line(line) for line in lines))


def test_a_command_has_an_id_a_text_and_a_host() -> None:
    [found] = _records("  INFO [d687f376] Running docker pull shop:v1 on 10.0.0.11")
    assert isinstance(found, Running)
    assert (found.id, found.command, found.host) == ("d687f376", "docker pull shop:v1", "10.0.0.11")


def test_the_machine_of_kamal_itself_is_no_host_and_a_user_is_part_of_one() -> None:
    local, remote = _records(
        "  INFO [2da3d0ba] Running /usr/bin/env .kamal/hooks/pre-deploy as ada@localhost",
        "  INFO [2da3d0bb] Running docker -v as deploy@10.0.0.11",
    )
    assert isinstance(local, Running)
    assert local.host == ""
    assert isinstance(remote, Running)
    assert remote.host == "deploy@10.0.0.11"


def test_a_command_may_go_on_over_lines() -> None:
    lock, wire, more = _records(
        ' DEBUG [a9e7f0e6] Running /usr/bin/env mkdir .kamal/lock-shop && echo "TG9j',
        "a2Vk",
        '" > .kamal/lock-shop/details on 10.0.0.11',
        ' DEBUG [a9e7f0e6] Command: /usr/bin/env mkdir .kamal/lock-shop && echo "TG9j',
        "a2Vk",
    )
    assert isinstance(lock, Running)
    assert lock.command.endswith('echo "TG9j\na2Vk\n" > .kamal/lock-shop/details')
    assert len(lock.lines) == 3
    assert isinstance(more, More)
    assert more.of is MoreOf.WIRE
    assert not isinstance(wire, Loose)


def test_a_command_that_is_cut_off_is_kept_and_what_comes_then_is_read() -> None:
    cut, text, then = _records(
        "  INFO [a9e7f0e6] Running docker run --detach", "--name shop", "Releasing the deploy lock..."
    )
    assert isinstance(cut, Loose)
    assert isinstance(text, Loose)
    assert isinstance(then, Said)


def test_ends_chunks_messages_and_errors_are_told_apart() -> None:
    finished, chunk, more, logged, raised, detail, trace = _records(
        "  INFO [d687f376] Finished in 0.190 seconds with exit status 0 (successful).",
        " DEBUG [d687f376] \tv2: Pulling from shop",
        "3bc7ff263b25: Already exists",
        " ERROR Failed to boot web on 10.0.0.11",
        "  ERROR (SSHKit::Command::Failed): Exception while executing on host h1: docker exit status: 1",
        "docker stderr: Error: no",
        "/gems/kamal-2.11.0/lib/kamal/cli/base.rb:171:in `on'",
    )
    assert isinstance(finished, Finished)
    assert (finished.took_s, finished.status) == (0.19, 0)
    assert isinstance(chunk, Chunk)
    assert chunk.text == "v2: Pulling from shop"
    assert isinstance(more, More)
    assert (more.of, more.id) == (MoreOf.COMMAND, "d687f376")
    assert isinstance(logged, Logged)
    assert isinstance(raised, Raised)
    assert isinstance(detail, More)
    assert detail.of is MoreOf.ERROR
    assert isinstance(trace, More)
    assert trace.of is MoreOf.TRACE


def test_a_block_of_a_host_ends_with_an_empty_line() -> None:
    block, inside, _, outside = _records("App Host: 10.0.0.11", "v1", "", "v2")
    assert isinstance(block, HostBlock)
    assert isinstance(inside, More)
    assert inside.host == "10.0.0.11"
    assert isinstance(outside, Loose)


def test_the_trace_of_an_interrupted_ruby_program_is_known() -> None:
    found = [
        record for record in _records(*bare("interrupted-at-barrier.log")) if isinstance(record, Interrupted)
    ]
    assert [record.signal for record in found] == ["Interrupt"]


@pytest.mark.parametrize("name", CAPTURES)
def test_there_is_no_line_in_what_kamal_prints_of_which_nothing_is_known(name: str) -> None:
    found = list(records(unwrapped(capture(name), detect(capture(name)))))
    assert [record for record in found if isinstance(record, Loose)] == []


@given(st.lists(ANY_LINE, max_size=30))
def test_every_line_is_in_exactly_one_record(lines: list[str]) -> None:
    given_lines = list(unwrapped(lines, Wrapping.PLAIN))
    found = [line for record in records(given_lines) for line in record.lines]
    assert found == [line.text for line in given_lines]


@pytest.mark.parametrize("name", CAPTURES)
def test_kamals_words_are_recognised(name: str) -> None:
    assert any(is_kamals(line) for line in unwrapped(capture(name), detect(capture(name))))


@pytest.mark.parametrize(
    "line", ["  INFO starting", "Pull app image", "ERROR (Foo): bar", '{"v":1,"kind":"x"}', ""]
)
def test_other_programs_words_are_not_kamals(line: str) -> None:
    assert not is_kamals(Line(line))
