"""What Kamal acts on and Backstaff does not: told, so that nobody counts on it."""

from collections.abc import Iterator

from backstaff.config.rules.finding import Finding, Setting
from backstaff.config.schema.aliases import OWN_COMMANDS

_INSTEAD = "the journal of each run is what there is, see `backstaff runs`"


def check_left_alone(setting: Setting) -> Iterator[Finding]:
    """Reports of runs to a file or a collector, and aliases that a command of our own hides."""
    output = setting.file.output
    if output.file is not None:
        yield Finding(("output", "file"), f"Backstaff writes nothing there: {_INSTEAD}", harmless=True)
    if output.otel is not None:
        yield Finding(("output", "otel"), f"Backstaff sends nothing there: {_INSTEAD}", harmless=True)
    for name in setting.file.aliases:
        if name in OWN_COMMANDS:
            message = f"is never used: `backstaff {name}` is a command of its own"
            yield Finding(("aliases", name), message, harmless=True)
