"""`backstaff runs export`."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

import click

from backstaff.cli.answers import Answer
from backstaff.cli.journal_copy import export_name, new_file
from backstaff.cli.reading import in_sight, opened_in_sight, read_in_sight
from backstaff.errors import BackstaffError, UsageError
from backstaff.events.journal import SUFFIX, journal_directory
from backstaff.explain.words import size
from backstaff.replay.catalogue import find_journal
from backstaff.replay.recording import Recording

_STDOUT = "-"
_ELSEWHERE = "name another place with -o"


@click.command()
@click.argument("run", required=False)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where it goes, by default backstaff-RUN.jsonl or .html, here; - is standard output, which may be a "
    "terminal only with --html.",
)
@click.option("--html", is_flag=True, help="A page that any browser shows, also without a network.")
@click.option("--json", "as_json", is_flag=True, help="Tell the file's name as JSON.")
def export(run: str | None, output: str | None, html: bool, as_json: bool) -> None:
    """Write a run into one file: `backstaff replay FILE` opens it on any machine.

    RUN is a run's name or its beginning or end, `last` (the default), `last-failed`, or the path of a
    journal or of a log of Kamal's. Secrets were masked before the run was recorded, so the file has none in
    it; of a log what looks like a secret is masked."""
    journal = find_journal(run, journal_directory())
    with opened_in_sight(journal) as found:
        if output == _STDOUT:
            _require_no_terminal(html=html)
            _to_stdout(found.recording, html=html)
            return
        path = _target(journal, output, ".html" if html else SUFFIX)
        written = _to_file(found.recording, path, html=html)
    told = f"{path} ({size(written)}, readable by you alone)"
    Answer(as_json=as_json).sentence(told, path=str(path), size=written)


def _target(journal: Path, output: str | None, suffix: str) -> Path:
    path = Path(output or "")
    return path / export_name(journal, suffix) if path.is_dir() else path


def _write(recording: Recording, file: BinaryIO, *, html: bool) -> None:
    if not html:
        with in_sight(Path(recording.name).name) as tell:
            recording.copy_to(file, tell)
        return
    read_in_sight(recording)
    # Only who wants a page waits for what makes it.
    from backstaff.report.page import write_page

    text = TextIOWrapper(file, encoding="utf-8", newline="\n")
    write_page(recording, text)
    text.flush()
    text.detach()


def _to_file(recording: Recording, path: Path, *, html: bool) -> int:
    """How many bytes were written. Raises `UsageError` for a place where that can not be done."""
    try:
        with new_file(path) as file:
            _write(recording, file, html=html)
        return path.stat().st_size
    except FileExistsError:
        raise UsageError("there is such a file already", where=str(path), fix=_ELSEWHERE) from None
    except OSError as error:
        what = f"can not be written: {error.strerror or error}"
        raise UsageError(what, where=str(path), fix=_ELSEWHERE) from None


def _require_no_terminal(*, html: bool) -> None:
    """A journal is written as it is, and what others wrote into it might drive a terminal."""
    if not html and sys.stdout.isatty():
        fix = "`backstaff replay RUN --json` prints its events; or name a file with -o"
        raise UsageError("a journal is not for a terminal", fix=fix)


def _to_stdout(recording: Recording, *, html: bool) -> None:
    """A reader that goes away is no failure."""
    try:
        _write(recording, sys.stdout.buffer, html=html)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What Python still holds back must not fail again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise BackstaffError(f"the output could not be written: {error.strerror or error}") from None
