"""The keys of the console over a run that goes on, and of that over a recorded one: one file rebinds both."""

from textual.binding import Binding

LEAVING = [
    Binding("ctrl+q", "act('quit')", "Quit", show=False, system=True, priority=True),
    Binding("ctrl+c", "interrupt", "Cancel", show=False, system=True, priority=True),
]
LIVE = [
    Binding("c", "act('cancel')", "Cancel", id="run.cancel"),
    Binding("r", "act('retry')", "Retry", id="run.retry"),
    Binding("o", "act('follow')", "Output", id="container.follow"),
    Binding("s", "act('shell')", "Shell", id="host.shell"),
]
COMMON = [
    Binding("Y", "act('copy_card')", "Copy card", id="card.copy", show=False),
    Binding("e", "act('export')", "Export", id="journal.export", show=False),
    Binding("q", "act('quit')", "Quit", id="app.quit"),
]
REPLAY = [
    Binding("space", "replay('play')", "Play", id="replay.play", tooltip="Play, or stay here"),
    Binding("d", "replay('wait')", "Wait", id="replay.wait", tooltip="The next wait"),
    Binding("x", "replay('failure')", "Failure", id="replay.failure", tooltip="The next failure"),
    Binding("m", "replay('host')", "Host event", id="replay.host", tooltip="The next trouble of a host"),
    Binding("colon", "act('go_to')", "Time", id="replay.time", tooltip="Go to a time"),
    Binding("s", "act('search')", "Search run", id="replay.search", tooltip="Search all output of the run"),
    Binding("full_stop", "replay('step')", "Step", id="replay.step", tooltip="One event on"),
    Binding("comma", "replay('step_back')", "Step back", id="replay.step_back", show=False),
    Binding("D", "replay('wait_before')", "Wait before", id="replay.wait_before", show=False),
    Binding("X", "replay('failure_before')", "Failure before", id="replay.failure_before", show=False),
    Binding("M", "replay('host_before')", "Host event before", id="replay.host_before", show=False),
    Binding("right_square_bracket,plus", "replay('faster')", "Faster", id="replay.faster", show=False),
    Binding("left_square_bracket,minus", "replay('slower')", "Slower", id="replay.slower", show=False),
    Binding("shift+right", "replay('forward')", "10 s on", id="replay.forward", show=False),
    Binding("shift+left", "replay('backward')", "10 s back", id="replay.backward", show=False),
    Binding("less_than_sign", "replay('start')", "To the start", id="replay.start", show=False),
    Binding("greater_than_sign", "replay('end')", "To the end", id="replay.end", show=False),
    Binding("r", "replay('result')", "Next result", id="replay.result", show=False),
    Binding("R", "replay('result_before')", "Result before", id="replay.result_before", show=False),
]
LIVE_IDS = frozenset(binding.id for binding in LIVE if binding.id)
REPLAY_IDS = frozenset(binding.id for binding in REPLAY if binding.id)
FOOTER_FIRST = ("replay.play", "replay.wait", "replay.failure", "replay.time", "replay.step", "replay.search")
"""What stands first in the footer of a replay."""
