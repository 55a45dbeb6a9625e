"""When Python's garbage collector looks through the memory: seldom, and not at the end.

Loading a command makes some hundred thousand objects, nearly none of which ever becomes garbage. As the
collector usually goes about it, looking through them takes a tenth of the time to load them, and a sixth of a
second of every run once more when the interpreter ends. In a deploy to 500 hosts it takes half of all CPU,
and stops the loop for a quarter of a second each time."""

import gc

OBJECTS_BETWEEN_LOOKS = 10_000
"""Instead of 700. Still so few that a look at the new ones takes a millisecond; costs some tens of MiB."""


def look_seldom() -> None:
    """From now on look only after so many new objects. Called once, before anything is loaded."""
    _, second, third = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, second, third)


def keep_what_is_there() -> None:
    """Never look through what is there now. For the end of the process, when all of it goes anyway."""
    gc.freeze()
