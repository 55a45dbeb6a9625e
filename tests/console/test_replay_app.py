"""A recorded run in the console, driven by keys."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Input

from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.help_screen import HelpScreen
from backstaff.console.keymap import keymap_file
from backstaff.console.keys_of_apps import COMMON, REPLAY
from backstaff.console.line_view import LineView
from backstaff.console.log_view import LogView
from backstaff.console.main_screen import MainScreen
from backstaff.console.matrix import Matrix
from backstaff.console.replay_app import Begin, ReplayConsole
from backstaff.console.shown import Shown
from backstaff.console.subject import Subject
from backstaff.console.timeline import Timeline
from backstaff.errors import ExitCode
from backstaff.events.journal import JournalWriter
from backstaff.events.types import Output
from backstaff.replay.limited import Limited
from backstaff.replay.marks import MarkKind
from backstaff.replay.player import Motion
from tests.console.replaying import Hands, a_file, at_rest, press, replayed
from tests.console.stand import lines_of
from tests.events.builders import Script, a_run
from tests.recordings import recorded
from tests.replay.journals import a_failed_run, a_talkative_run, folded

KAMAL = Path(__file__).parents[1] / "data" / "kamal"
RUN = a_failed_run()
LENGTH = RUN[-1].t
IDS = {binding.id for binding in (*REPLAY, *COMMON) if binding.id}
SIZES = [(120, 40), (80, 24), (60, 15)]


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    return a_file(tmp_path, RUN)


@pytest.fixture
def talkative(tmp_path: Path) -> Path:
    return a_file(tmp_path, a_talkative_run(3_000))


def text(app: ReplayConsole) -> str:
    return "\n".join(lines_of(app.screen))


def timeline(app: ReplayConsole) -> str:
    return app.screen.query_one(Timeline).render().plain


def said(app: ReplayConsole) -> list[str]:
    return [notification.message for notification in app._notifications]


def whole(app: ReplayConsole) -> bool:
    """Whether all lines of the run up to the place are there."""
    return not app.state.logs.starts_later


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_at_the_end_with_the_cause_and_stays_there(
    failed: Path, size: tuple[int, int]
) -> None:
    async with replayed(failed, size=size) as (app, _):
        assert app.state.board == folded(RUN)
        screen = text(app)
        assert "FAILED" in screen
        assert "not healthy within 30 s" in screen
        assert "paused" in timeline(app)
        assert "0:41 / 0:41" in timeline(app) or f"/ 0:{int(LENGTH):02}" in timeline(app)


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_at_a_time_with_the_run_as_it_stood_there(failed: Path, size: tuple[int, int]) -> None:
    async with replayed(failed, Begin(30.0), size) as (app, _):
        assert app.state.board == folded(RUN, 30.0)
        assert app.state.now_t() == 30.0
        assert "waits for the first healthy web container" in text(app)
        assert "0:30" in app.screen.query_one("#header", Shown).plain


async def test_the_header_tells_the_time_of_day_of_the_run(failed: Path, the_same_everywhere: None) -> None:
    async with replayed(failed, Begin(15.0)) as (app, _):
        header = app.screen.query_one("#header", Shown).plain
        assert "2026-11-23" in header
        assert "12:04:12" in header


async def test_it_plays_and_stays_on_the_key(failed: Path) -> None:
    hands = Hands()
    async with replayed(failed, Begin(0.0), hands=hands) as (app, pilot):
        await press(app, pilot, "space")
        hands.passed += 12.0
        await at_rest(app, pilot)
        assert app.state.board == folded(RUN, 12.0)
        assert "▸ 1x" in timeline(app)
        await press(app, pilot, "space")
        hands.passed += 12.0
        await at_rest(app, pilot)
        assert app.state.now_t() == 12.0
        assert "paused" in timeline(app)


async def test_it_plays_from_the_beginning_when_it_is_played_at_the_end(failed: Path) -> None:
    hands = Hands()
    async with replayed(failed, hands=hands) as (app, pilot):
        await press(app, pilot, "space")
        assert app.replaying.player.motion is Motion.PLAYING
        hands.passed += 3.0
        await at_rest(app, pilot)
        assert app.state.board == folded(RUN, 3.0)


async def test_a_speed_that_was_asked_for_plays_at_once(failed: Path) -> None:
    hands = Hands()
    async with replayed(failed, Begin(0.0, plays=True, speed=10.0), hands=hands) as (app, pilot):
        hands.passed += 1.0
        await at_rest(app, pilot)
        assert app.state.board == folded(RUN, 10.0)
        assert "▸ 10x" in timeline(app)


@pytest.mark.parametrize(
    ("keys", "speed"),
    [
        (("right_square_bracket",), 2.0),
        (("plus", "plus"), 5.0),
        (("left_square_bracket",), 0.5),
        (("minus", "minus"), 0.25),
    ],
)
async def test_speed_goes_up_and_down(failed: Path, keys: tuple[str, ...], speed: float) -> None:
    async with replayed(failed, Begin(0.0)) as (app, pilot):
        await press(app, pilot, *keys)
        assert app.replaying.player.speed == speed


async def test_steps_go_one_event_on_and_back(failed: Path) -> None:
    async with replayed(failed, Begin(0.0)) as (app, pilot):
        seq = app.state.board.seq
        await press(app, pilot, "full_stop", "full_stop", "full_stop")
        assert app.state.board.seq == seq + 3
        await press(app, pilot, "comma")
        assert app.state.board.seq == seq + 2
        assert app.state.board == folded(RUN[: seq + 2])


async def test_steps_back_that_come_faster_than_they_are_made_are_all_made(failed: Path) -> None:
    async with replayed(failed) as (app, pilot):
        for _ in range(5):
            app.action_replay("step_back")
        await at_rest(app, pilot)
        assert app.state.board == folded(RUN[:-5])


async def test_waits_failures_and_hosts_are_gone_to_and_shown(tmp_path: Path) -> None:
    run = recorded("host-lost")
    async with replayed(a_file(tmp_path, run)) as (app, pilot):
        marks = app.replaying.player.recording.index.marks()
        for key, kind in (("d", MarkKind.WAIT), ("x", MarkKind.FAILURE), ("m", MarkKind.HOST)):
            await press(app, pilot, "less_than_sign", key)
            first = min((mark for mark in marks if mark.kind is kind), key=lambda mark: mark.end)
            assert app.replaying.player.offset == first.end
            assert app.state.subject == Subject(first.host, first.role)
            assert first.words[:30] in timeline(app)
            await press(app, pilot, "greater_than_sign", key.upper())
            last = max((mark for mark in marks if mark.kind is kind), key=lambda mark: mark.end)
            assert app.replaying.player.offset in {last.end, first.end}
            assert app.replaying.player.motion is Motion.PAUSED


async def test_what_a_run_has_not_is_told(failed: Path) -> None:
    async with replayed(failed) as (app, pilot):
        await press(app, pilot, "m")
        assert said(app) == ["there is no trouble of a host in this run"]


async def test_start_and_end_and_ten_seconds_either_way(failed: Path) -> None:
    async with replayed(failed, Begin(15.0)) as (app, pilot):
        await press(app, pilot, "shift+right")
        assert app.state.board == folded(RUN, 25.0)
        await press(app, pilot, "shift+left", "shift+left")
        assert app.state.board == folded(RUN, 5.0)
        await press(app, pilot, "greater_than_sign")
        assert app.state.board == folded(RUN)
        await press(app, pilot, "less_than_sign")
        assert app.state.board == folded(RUN, 0.0)


@pytest.mark.parametrize(
    ("typed", "t"), [("0:12", 12.0), ("20s", 20.0), ("+5", 20.0), ("-5", 10.0), ("50%", LENGTH / 2)]
)
async def test_a_time_is_typed(failed: Path, typed: str, t: float) -> None:
    async with replayed(failed, Begin(15.0)) as (app, pilot):
        await press(app, pilot, "colon", *typed, "enter")
        assert isinstance(app.screen, MainScreen)
        assert app.state.board == folded(RUN, t)
        assert app.state.now_t() == pytest.approx(t)


async def test_what_is_no_time_is_told_and_can_be_mended_or_left(failed: Path) -> None:
    async with replayed(failed, Begin(15.0)) as (app, pilot):
        await press(app, pilot, "colon", *"soon", "enter")
        assert "that is no time" in text(app)
        await press(app, pilot, "escape")
        assert isinstance(app.screen, MainScreen)
        assert app.state.now_t() == 15.0


async def test_the_dialog_can_be_left_and_used_by_its_buttons(failed: Path) -> None:
    async with replayed(failed, Begin(15.0)) as (app, pilot):
        await press(app, pilot, "colon", *"0:10", "tab", "enter")
        assert app.state.now_t() == 10.0
        await press(app, pilot, "colon", *"0:20", "tab", "tab", "enter")
        assert isinstance(app.screen, MainScreen)
        assert app.state.now_t() == 10.0


async def test_a_click_on_the_timeline_goes_there(failed: Path) -> None:
    async with replayed(failed, Begin(0.0)) as (app, pilot):
        width = app.screen.query_one(Timeline).content_size.width
        await pilot.click(Timeline, offset=(width, 1))
        await at_rest(app, pilot)
        assert app.state.now_t() == LENGTH
        await pilot.click(Timeline, offset=(2, 1))
        await at_rest(app, pilot)
        assert app.state.now_t() == LENGTH


async def test_all_output_of_the_run_is_searched_and_what_is_found_is_shown(talkative: Path) -> None:
    async with replayed(talkative) as (app, pilot):
        await press(app, pilot, "s", *"line 17$", "enter")
        assert isinstance(app.focused, LineView)
        assert [entry.text for entry in app.state.logs.since(0)][-1] == "line 17"
        assert "line 17" in text(app)
        assert said(app) == ["result 1 of 1: line 17$"]


async def test_results_are_gone_through_in_both_directions_and_round(talkative: Path) -> None:
    async with replayed(talkative, Begin(0.0)) as (app, pilot):
        await press(app, pilot, "s", *"line 29.$", "enter")

        def last() -> str:
            return app.state.logs[app.state.logs.end - 1].text

        seen = [last()]
        for key in ("r", "r", "R", "less_than_sign", "R"):
            await press(app, pilot, key)
            if key != "less_than_sign":
                seen.append(last())
        assert seen == ["line 290", "line 291", "line 292", "line 291", "line 299"]
        assert said(app)[-1] == "result 10 of 10: line 29.$"


async def test_nothing_found_is_told_and_a_result_without_a_search_asks_for_one(failed: Path) -> None:
    async with replayed(failed, Begin(15.0)) as (app, pilot):
        await press(app, pilot, "r")
        assert isinstance(app.screen, Dialog)
        await press(app, pilot, *"zebra", "enter")
        assert said(app) == ["no output of this run matches zebra"]
        assert app.state.now_t() == 15.0


async def test_a_pattern_that_can_not_be_used_is_told(failed: Path) -> None:
    async with replayed(failed) as (app, pilot):
        await press(app, pilot, "s", *"(", "enter")
        assert isinstance(app.screen, Dialog)
        assert "missing )" in text(app)


async def test_lines_before_the_place_are_there_at_once_and_more_of_them_soon(talkative: Path) -> None:
    async with replayed(talkative) as (app, pilot):
        assert len(app.state.logs) > 3_000
        assert not app.state.logs.starts_later
        texts = [entry.text for entry in app.state.logs.since(app.state.logs.first)]
        assert [text for text in texts if text.startswith("line ")] == [f"line {n}" for n in range(3_000)]
        await press(app, pilot, "a", "g")
        view = app.screen.query_one("#logs-view", LogView).lines
        assert view.sheet.count == len(app.state.logs)
        assert view.sheet.entry(view.sheet.number_at(0)).text == texts[0]


async def test_a_view_that_is_scrolled_stays_where_it_is_when_older_lines_come(talkative: Path) -> None:
    async with replayed(talkative, Begin(0.0)) as (app, pilot):
        await press(app, pilot, "2", "a")
        app.action_replay("end")
        while app.replaying.seeking:  # noqa: ASYNC110 - it ends in the midst of other work
            await asyncio.sleep(0)
        app.draw()
        view = app.screen.query_one("#logs-view", LogView).lines
        assert whole(app) is False
        view.action_page(-1.0)
        shown = view.shown_numbers()
        await at_rest(app, pilot)
        assert whole(app)
        still = view.shown_numbers()
        assert shown is not None
        assert still is not None
        assert still[0] == shown[0]


async def test_what_the_operator_looks_at_stays_when_the_place_changes(failed: Path) -> None:
    async with replayed(failed) as (app, pilot):
        await press(app, pilot, "G")
        subject = app.state.subject
        await press(app, pilot, "shift+left")
        assert app.state.subject == subject
        assert not app.state.follows


async def test_keys_of_a_run_that_goes_on_are_not_offered(failed: Path) -> None:
    async with replayed(failed, size=(200, 40)) as (app, pilot):
        footer = text(app).splitlines()[-1]
        assert "space Play" in footer
        for word in ("Cancel", "Retry", "Shell", "Output"):
            assert word not in footer
        for key in ("c", "o"):
            await press(app, pilot, key)
            assert isinstance(app.screen, MainScreen)
        assert app.is_running


async def test_all_keys_are_in_the_help(failed: Path, tmp_path: Path) -> None:
    async with replayed(failed, export=lambda: tmp_path) as (app, pilot):
        await press(app, pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        keys = {key.binding for place in app.screen._places for key in place.keys}
        assert keys >= IDS


async def test_space_plays_also_while_lines_have_the_keys_and_can_be_typed(failed: Path) -> None:
    async with replayed(failed, Begin(0.0)) as (app, pilot):
        await press(app, pilot, "2", "space")
        assert app.replaying.player.motion is Motion.PLAYING
        await press(app, pilot, "slash", "a", "space", "b", "enter")
        view = app.focused
        assert isinstance(view, LineView)
        assert view.sheet.search is not None
        assert view.sheet.search.text == "a b"
        await press(app, pilot, "p")
        assert view.sheet.paused


async def test_keys_can_be_rebound_in_the_file_of_the_other_console(failed: Path) -> None:
    file = keymap_file()
    file.parent.mkdir(parents=True)
    file.write_text("run.cancel: ctrl+x\nreplay.play: f5\n")
    async with replayed(failed, Begin(0.0)) as (app, pilot):
        assert said(app) == []
        await press(app, pilot, "f5")
        assert app.replaying.player.motion is Motion.PLAYING


async def test_no_key_of_a_replay_is_hidden_by_what_has_the_focus(failed: Path) -> None:
    async with replayed(failed) as (app, pilot):
        for key in ("g", "1", "2", "3", "4"):
            await press(app, pilot, key)
            active = {each.binding.id for each in app.screen.active_bindings.values()}
            assert active >= IDS - {"card.copy", "journal.export"}


async def test_the_card_is_copied_and_the_journal_exported(failed: Path, tmp_path: Path) -> None:
    def export() -> Path:
        return tmp_path / "copy.jsonl"

    async with replayed(failed, export=export) as (app, pilot):
        await press(app, pilot, "Y")
        assert "FAILED" in app.clipboard
        await press(app, pilot, "e")
        assert said(app)[-1] == f"the journal is in {tmp_path / 'copy.jsonl'}"


async def test_what_was_made_of_a_log_has_no_journal_to_export() -> None:
    async with replayed(KAMAL / "report-2.6.0.log") as (app, _):
        assert not app.possible("export")


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_it_is_left_at_once(failed: Path, key: str) -> None:
    async with replayed(failed) as (app, pilot):
        await pilot.press(key)
        await pilot.pause()
    assert app.return_value is ExitCode.DONE


@pytest.mark.parametrize("size", SIZES)
async def test_a_log_of_kamals_that_ends_in_silence_is_explained(size: tuple[int, int]) -> None:
    async with replayed(KAMAL / "report-2.6.0.log", size=size) as (app, _):
        assert "job waits for web; no web host has started; its group comes after" in " ".join(
            text(app).split()
        )


async def test_a_run_that_goes_on_is_followed(tmp_path: Path) -> None:
    hands = Hands()
    writer = JournalWriter(tmp_path, "run", pytest.fail)
    for event in RUN[:10]:
        writer(event)
    async with replayed(writer.path, hands=hands) as (app, pilot):
        assert "following" in timeline(app)
        for event in RUN[10:]:
            writer(event)
        hands.passed += 1.0
        await at_rest(app, pilot)
        assert app.state.board == folded(RUN)
        assert "FAILED" in text(app)
        writer.close()
        hands.passed += 1.0
        await at_rest(app, pilot)
        assert "paused" in timeline(app)
        kinds = {mark.kind for mark in app.replaying.player.recording.index.marks()}
        assert MarkKind.FAILURE in kinds


async def test_a_journal_that_becomes_shorter_is_told_and_harms_nothing(failed: Path) -> None:
    hands = Hands()
    async with replayed(failed, hands=hands) as (app, pilot):
        failed.write_bytes(failed.read_bytes()[:900])
        hands.passed += 2.0
        await at_rest(app, pilot)
        assert "has become shorter" in said(app)[-1]
        assert "FAILED" in text(app)


async def test_nothing_is_drawn_while_nothing_changes(failed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with replayed(failed) as (app, pilot):
        drawings: list[object] = []
        monkeypatch.setattr(ReplayConsole, "_display", lambda *args: drawings.append(args))
        for _ in range(5):
            app.draw()
            await pilot.pause()
        assert drawings == []


async def test_a_storm_of_keys_and_sizes_does_no_harm(talkative: Path) -> None:
    async with replayed(talkative) as (app, pilot):
        keys = ("d", "comma", "less_than_sign", "full_stop", "greater_than_sign", "D", "space", "shift+left")
        for number in range(64):
            await pilot.press(keys[number % len(keys)])
            await pilot.resize_terminal(20 + (number * 37) % 160, 5 + (number * 13) % 50)
        await pilot.resize_terminal(120, 40)
        await at_rest(app, pilot)
        app.replaying.player.pause()
        content = talkative.read_bytes()[: app.replaying.player.offset]
        assert app.state.board.seq == content.count(b"\n")


async def test_the_filter_of_hosts_is_for_the_keys_right_behind_its_own(failed: Path) -> None:
    async with replayed(failed) as (app, pilot):
        await press(app, pilot, "slash", *"job")
        assert isinstance(app.focused, Input)
        assert app.screen.query_one(Matrix).pattern == "job"


async def test_an_expression_that_takes_for_ever_is_given_up_and_keys_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstaff.replay.search.Limited", partial(Limited, longest_s=0.01))
    script = Script().at(0, a_run())
    for number in range(30):
        script.at(number, Output(source="container", host="h1", role="web", text="a" * 60))
    async with replayed(a_file(tmp_path, script.events), Begin(0.0)) as (app, pilot):
        await press(app, pilot, "s", *"(a|a)*b", "enter")
        assert "given up" in said(app)[-1]
        await press(app, pilot, "full_stop")
        assert app.state.board.seq == 3
