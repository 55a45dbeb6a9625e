"""The one place where what ends a command becomes an exit code and something to read."""

import errno
from collections.abc import Iterator

import click

from backstaff.cli.reporting import show_error
from backstaff.engine.together import with_others
from backstaff.errors import BackstaffError, ExitCode
from backstaff.explain.bug import internal_error

_FULL = {errno.ENOSPC, errno.EDQUOT}


def told(error: Exception) -> int:
    """Say what went wrong; the exit code for it."""
    if isinstance(error, click.ClickException):
        error.show()
        return int(ExitCode.USAGE)
    if isinstance(error, click.Abort):
        return int(ExitCode.INTERRUPTED)
    shown = as_operator_error(error)
    show_error(shown)
    return int(shown.exit_code)


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
