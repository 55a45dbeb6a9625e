"""`backstaff deploy --resume`: go on with an earlier run, on the terms of that run."""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from backstaff.cli.answers import Answer
from backstaff.cli.options import CommonOptions
from backstaff.cli.preparing import BootOptions, Prepared, carried_out, planned
from backstaff.cli.project import Project, open_project, read_error_pages, read_secrets
from backstaff.config.version import resolve_version
from backstaff.engine.resume import EarlierRun
from backstaff.errors import ExitCode, JournalError, PlanRefused, UsageError
from backstaff.events.board import Board
from backstaff.events.journal import journal_directory
from backstaff.events.types import RunStarted
from backstaff.explain.given import value_of, was_given
from backstaff.explain.retry import RESUMABLE, image_is_built, resumed_argv
from backstaff.explain.words import by_role
from backstaff.plan.patterns import split_items
from backstaff.plan.plan import Command
from backstaff.replay.catalogue import find_journal
from backstaff.replay.recording import Recording
from backstaff.replay.run_row import is_going_on


@dataclass(frozen=True)
class Recorded:
    """A run as its journal tells it: what it was, and its Board at the end."""

    started: RunStarted
    board: Board
    goes_on: bool

    @property
    def done(self) -> bool:
        """Whether it ended well."""
        return self.board.result is not None and self.board.result.verdict == "done"


async def resume(common: CommonOptions, options: BootOptions, wanted: str, *, config_given: bool) -> ExitCode:
    """Go on with the run that `wanted` names. Raises `JournalError` if there is none, `UsageError` and
    `PlanRefused` if it can not be gone on with so."""
    recorded = read_run(find_journal(wanted, journal_directory()))
    run = recorded.started
    if recorded.goes_on:
        raise UsageError(f"run {run.run} still goes on", fix="wait for its end, or end it with Ctrl-C there")
    if run.command not in RESUMABLE:
        raise UsageError(f"run {run.run} was `{run.command}`, which is not resumed", fix="give it once more")
    if recorded.done:
        answer = Answer(as_json=common.json)
        answer.sentence(f"Run {run.run} is done: there is nothing to resume.", run=run.run, verdict="done")
        return ExitCode.DONE
    refuse_contradictions(recorded, common, options, config_given=config_given)
    return await carried_out(
        _prepared(recorded, common, options),
        argv=resumed_argv(run, sys.argv[1:]),
        earlier=earlier_run(recorded),
    )


def read_run(path: Path) -> Recorded:
    """Read a journal to its end. Raises `JournalError` for what is no journal of a run."""
    goes_on = is_going_on(path)
    with Recording.open(path) as recording:
        board = recording.moment_at(math.inf).board
    if board.run is None:
        raise JournalError("does not tell what the run was: its beginning is missing", where=str(path))
    return Recorded(board.run, board, goes_on and board.result is None)


def refuse_contradictions(
    recorded: Recorded, common: CommonOptions, options: BootOptions, *, config_given: bool
) -> None:
    """Raise `UsageError` for options that ask for something else than the run was about."""
    run, built = recorded.started, image_is_built(recorded.board)
    wrong = [
        *_other_target(run, common, config_given=config_given),
        *_other_way(run, options, built=built),
    ]
    if wrong:
        raise UsageError(
            f"run {run.run} can not be resumed as another one: {'; '.join(wrong)}",
            fix="leave these options out, they are taken from the run; or deploy anew without --resume",
        )


def _other_target(run: RunStarted, common: CommonOptions, *, config_given: bool) -> Iterator[str]:
    if common.version is not None and common.version != run.version:
        yield f"--version {common.version}, and it was {run.version}"
    if common.destination is not None and common.destination != run.destination:
        yield f"--destination {common.destination}, and it was {run.destination or 'without one'}"
    if config_given and common.config_file != Path(run.config_file):
        yield f"--config-file {common.config_file}, and it was {run.config_file}"
    for name, given in (("--hosts", common.hosts), ("--roles", common.roles)):
        its_own = value_of(run, name)
        if given and given != split_items(its_own or ""):
            yield f"{name} {','.join(given)}, and it was {its_own or 'all of them'}"
    if common.primary and not was_given(run, "--primary"):
        yield "--primary, and it was not only about the primary host"


def _other_way(run: RunStarted, options: BootOptions, *, built: bool) -> Iterator[str]:
    if options.skip_push and not built:
        yield "--skip-push, and it was to build the image, which it has not"
    if options.no_cache and built:
        yield "--no-cache, and its image is there already"
    if options.on_failure is not None and not Command(run.command).can_go_back:
        yield f"--on-failure, and it was `{run.command}`, which never goes back by itself"


async def _prepared(recorded: Recorded, common: CommonOptions, options: BootOptions) -> Prepared:
    run = recorded.started
    common = replace(
        common,
        config_file=Path(run.config_file),
        destination=run.destination or None,
        version=run.version,
        hosts=split_items(value_of(run, "--hosts") or ""),
        roles=split_items(value_of(run, "--roles") or ""),
        primary=was_given(run, "--primary"),
    )
    project = open_project(common)
    _refuse_other_configuration(recorded, project)
    options = await _about_image(recorded, project, options)
    secrets = await read_secrets(common, project)
    plan = planned(project, run.version, Command(run.command), options)
    return Prepared(common, project, secrets, plan, options, read_error_pages(project))


def _refuse_other_configuration(recorded: Recorded, project: Project) -> None:
    """What the run had in mind must still be what deploy.yml says: what it has not done is not left out, and
    nothing is done to hosts that it was not about."""
    run, plan = recorded.started, recorded.board.plan
    if project.config.service != run.service:
        raise UsageError(
            f"run {run.run} was about {run.service}, and {run.config_file} here is about "
            f"{project.config.service}",
            fix="resume it in the directory in which it was begun",
        )
    if plan is None:
        return
    then = {(pair.host, pair.role) for pair in plan.pairs}
    now = {(pair.host, pair.role) for pair in project.selection.pairs}
    if then == now:
        return
    gone, new = by_role(sorted(then - now)), by_role(sorted(now - then))
    changes = [f"{new} is new" if new else "", f"{gone} is gone" if gone else ""]
    raise PlanRefused(
        f"{run.config_file} has changed since run {run.run}: {', '.join(filter(None, changes))}",
        fix=f"deploy anew: `backstaff {run.command} --version {run.version}` with --skip-push if it is built",
    )


async def _about_image(recorded: Recorded, project: Project, options: BootOptions) -> BootOptions:
    """Whether the image is built: only if the run had not come so far, and only from what the run would have
    built it from. Raises `UsageError` if that is not there any more."""
    run = recorded.started
    if image_is_built(recorded.board):
        return replace(options, skip_push=True, no_cache=False)
    if value_of(run, "--version") is None:
        here = await resolve_version(project.config, None, environ=project.environ, cwd=project.directory)
        if here != run.version:
            raise UsageError(
                f"the image of {run.version} was never built, and what would be built here is {here}",
                fix=f"check out {run.version} and resume then, or deploy {here} with `backstaff deploy`",
            )
    return options


def earlier_run(recorded: Recorded) -> EarlierRun:
    """What the run has done, and those before it that it has itself gone on with, as far as their journals
    are still there."""
    seen = {recorded.started.run}
    told = [EarlierRun.of(recorded.board)]
    before = value_of(recorded.started, "--resume")
    while before is not None and before not in seen:
        seen.add(before)
        try:
            first = read_run(find_journal(before, journal_directory()))
        except JournalError:
            break
        told.append(EarlierRun.of(first.board))
        before = value_of(first.started, "--resume")
    merged = told.pop()
    while told:
        merged = told.pop().after(merged)
    return merged
