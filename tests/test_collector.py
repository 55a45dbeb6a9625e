"""What the collector is told, in an interpreter of its own: it would hold for all other tests as well."""

import subprocess
import sys

from backstaff.collector import OBJECTS_BETWEEN_LOOKS

_PROGRAM = """
import atexit, gc, sys
from backstaff.cli.main import program
usual = gc.get_threshold()
atexit.register(lambda: print(gc.isenabled(), gc.get_threshold()[0], gc.get_threshold()[1:] == usual[1:]))
atexit.register(lambda: print(gc.get_freeze_count() > 1_000))
sys.argv = ["backstaff", *sys.argv[1:]]
program()
"""


def told(*argv: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-c", _PROGRAM, *argv]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.split()[-4:]


def test_it_looks_seldom_and_not_at_the_end_however_a_command_ends() -> None:
    after = ["True", "True", f"{OBJECTS_BETWEEN_LOOKS}", "True"]
    assert told("version") == (0, after)
    assert told("deploy", "--no-such-option") == (2, after)
