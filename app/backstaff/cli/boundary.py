"""The one place where what ends a command becomes an exit code and something to read."""

import errno
import sys
from collections.abc import Iterator, Sequence

import click

from backstaff.cli.reporting import show_error
from backstaff.engine.together import with_others
from backstaff.errors import BackstaffError, ExitCode, UsageError
from backstaff.explain.bug import internal_error
from backstaff.headless.ndjson import error_record
from backstaff.headless.outlet import Outlet

_FULL = {errno.ENOSPC, errno.EDQUOT}


def told(error: Exception, argv: Sequence[str] = ()) -> int:
    """Say what went wrong, with `--json` among `argv` on standard output too; the exit code for it."""
    if isinstance(error, click.Abort):
        return int(ExitCode.INTERRUPTED)
    if isinstance(error, click.ClickException):
        error.show()
        shown: BackstaffError = UsageError(error.format_message())
    else:
        shown = as_operator_error(error)
        show_error(shown)
    if _wants_json(argv):
        Outlet(sys.stdout).record(error_record(shown).to_line())
    return int(shown.exit_code)


def _wants_json(argv: Sequence[str]) -> bool:
    """Whether a command line asks for JSON. It may be one that could not be parsed."""
    options = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in options


def as_operator_error(error: Exception) -> BackstaffError:
    """The error itself; of a group the first that is meant for an operator, with the others as its evidence;
    for anything else, which nobody expected, an internal error."""
    leaves = list(_leaves(error))
    meant = [each for each in leaves if isinstance(each, BackstaffError)]
    if not meant:
        return _unwritten(error) or internal_error(error)
    if len(leaves) == 1:
        return meant[0]
    first = with_others(meant)
    bugs = [each for each in leaves if not isinstance(each, BackstaffError)]
    first.evidence = (*first.evidence, *(f"also {type(each).__name__}: {each}" for each in bugs))
    return first


def _unwritten(error: Exception) -> BackstaffError | None:
    """The error for click's own output, such as help, that finds a full disk; None for any other."""
    full = isinstance(error, OSError) and error.errno in _FULL and error.filename is None
    return BackstaffError(f"the output could not be written: {error}") if full else None


def _leaves(error: Exception) -> Iterator[Exception]:
    if isinstance(error, ExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error
