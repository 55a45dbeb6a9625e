import base64
import os
import re
from pathlib import Path

import pytest

from backstaff.console.clipboard import (
    KEPT_FILES,
    LONGEST_TEXT,
    SCREEN_CHUNK,
    Copied,
    Multiplexer,
    Written,
    copies_directory,
    copy,
    multiplexer,
    sequence,
)
from tests.console.stand import Stand, collect_writes

XTERM_TAKES = 100_000


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color"}, Multiplexer.NONE),
        ({}, Multiplexer.NONE),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, Multiplexer.TMUX),
        ({"TERM": "tmux-256color"}, Multiplexer.TMUX),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts-0"}, Multiplexer.SCREEN),
        ({"TERM": "screen"}, Multiplexer.SCREEN),
        ({"TERM": "tmux-256color", "TMUX": "x", "STY": "1"}, Multiplexer.TMUX),
        ({"TERM": "screen.tmux-256color", "TMUX": "x", "STY": "1"}, Multiplexer.SCREEN),
    ],
)
def test_what_sits_between_us_and_the_terminal(environ: dict[str, str], expected: Multiplexer) -> None:
    assert multiplexer(environ) is expected


def test_a_bare_terminal_gets_the_text_in_base64() -> None:
    assert sequence("shop-web-v42\n", Multiplexer.NONE) == "\x1b]52;c;c2hvcC13ZWItdjQyCg==\x07"


def test_text_is_utf_8_and_what_is_no_text_does_no_harm() -> None:
    assert sequence("→ h1", Multiplexer.NONE) == f"\x1b]52;c;{base64.b64encode('→ h1'.encode()).decode()}\x07"
    assert sequence("\ud800", Multiplexer.NONE) == "\x1b]52;c;Pw==\x07"


def test_tmux_is_asked_to_pass_it_on_with_every_escape_doubled() -> None:
    assert sequence("h1", Multiplexer.TMUX) == "\x1bPtmux;\x1b\x1b]52;c;aDE=\x07\x1b\\"


def test_screen_gets_it_in_pieces_that_it_takes() -> None:
    text = "x" * 1000
    sent = sequence(text, Multiplexer.SCREEN)
    assert sent is not None
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", sent, re.DOTALL)
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == sent
    assert max(map(len, pieces)) == SCREEN_CHUNK
    assert "".join(pieces) == sequence(text, Multiplexer.NONE)


def test_the_longest_text_makes_the_longest_sequence_that_xterm_takes() -> None:
    longest = sequence("x" * LONGEST_TEXT, Multiplexer.NONE)
    assert longest is not None
    assert len(longest) <= XTERM_TAKES < len(longest) + 4
    for through in Multiplexer:
        assert sequence("x" * LONGEST_TEXT + "x", through) is None
    assert sequence("é" * (LONGEST_TEXT // 2 + 1), Multiplexer.NONE) is None, "bytes count, not characters"


async def test_short_text_is_written_to_the_terminal(tmp_path: Path) -> None:
    sent: list[str] = []
    done = await copy("h1", sent.append, {"TERM": "xterm"}, tmp_path / "copies")
    assert done == Copied(2)
    assert str(done) == "copied 2 characters"
    assert sent == ["\x1b]52;c;aDE=\x07"]
    assert not (tmp_path / "copies").exists()


async def test_long_text_goes_to_a_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    sent: list[str] = []
    text = "secret line\n" * 10_000
    done = await copy(text, sent.append, {"TERM": "xterm"}, tmp_path / "copies")
    assert isinstance(done, Written)
    assert sent == []
    assert done.path.read_text() == text
    assert done.path.stat().st_mode & 0o777 == 0o600
    assert done.path.parent.stat().st_mode & 0o777 == 0o700
    assert str(done.path) in str(done)


async def test_only_the_newest_files_are_kept(tmp_path: Path) -> None:
    sent: list[str] = []
    written = [
        await copy("x" * (LONGEST_TEXT + 1), sent.append, {"TERM": "xterm"}, tmp_path)
        for _ in range(KEPT_FILES + 3)
    ]
    assert len(list(tmp_path.iterdir())) == KEPT_FILES
    last = written[-1]
    assert isinstance(last, Written)
    assert last.path.exists()


async def test_inside_of_tmux_the_text_is_its_newest_buffer_too(tmp_path: Path) -> None:
    environ = {**a_tmux(tmp_path, "cat > buffer; echo $* > arguments"), "TMUX": "socket,1,0"}
    sent: list[str] = []
    assert await copy("two\nlines", sent.append, environ, tmp_path) == Copied(9)
    assert (tmp_path / "buffer").read_text() == "two\nlines"
    assert (tmp_path / "arguments").read_text() == "load-buffer -w -\n"
    assert sent == [sequence("two\nlines", Multiplexer.TMUX)]


async def test_a_tmux_that_refuses_or_is_not_there_is_no_error(tmp_path: Path) -> None:
    for environ in (a_tmux(tmp_path, "exit 1"), {"PATH": str(tmp_path / "nowhere"), "TERM": "screen"}):
        sent: list[str] = []
        done = await copy("h1", sent.append, {**environ, "TMUX": "socket,1,0"}, tmp_path)
        assert done == Copied(2)
        assert len(sent) == 1


def a_tmux(directory: Path, does: str) -> dict[str, str]:
    """An environment in which tmux is a script that runs in `directory`."""
    program = directory / "tmux"
    program.write_text(f"#!/bin/sh\ncd {directory} || exit 9\n{does}\n")
    program.chmod(0o700)
    return {"PATH": f"{directory}{os.pathsep}{os.environ['PATH']}", "TERM": "screen-256color"}


async def test_whatever_copies_in_the_app_says_what_became_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Stand({"TERM": "xterm"})
    async with app.run_test() as pilot:
        sent = collect_writes(app, monkeypatch)
        app.copy_to_clipboard("shop-web-v42")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert sequence("shop-web-v42", Multiplexer.NONE) in sent
        assert app.clipboard == "shop-web-v42"
        assert app.told == ["copied 12 characters"]


async def test_the_app_tells_where_a_long_text_is_or_that_it_is_nowhere() -> None:
    app = Stand({"TERM": "xterm"})
    async with app.run_test() as pilot:
        for directory_is_there in (True, False):
            if not directory_is_there:
                for file in copies_directory().iterdir():
                    file.unlink()
                copies_directory().rmdir()
                copies_directory().write_text("in the way")
            app.copy_to_clipboard("x" * (LONGEST_TEXT + 1))
            await app.workers.wait_for_complete()
            await pilot.pause()
        there, nowhere = app.told
        assert str(copies_directory()) in there
        assert nowhere.startswith("nothing was copied")
