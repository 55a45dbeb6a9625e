"""Whether deploy_timeout leaves room for how long past starts took, told before it is found out again."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

from backstaff.config.models import Config
from backstaff.engine.context import RunContext
from backstaff.errors import JournalError
from backstaff.events.journal import journal_directory
from backstaff.events.types import Notice
from backstaff.explain.words import duration
from backstaff.replay.boot_times import Usual, boot_times, usual

ROOM = 1.3
"""How many times as long as nearly all past starts took a start should be allowed to take."""

AFTER_S = 1.0
"""When in a run past ones are looked at: its beginning belongs to the first connections."""


@dataclass(frozen=True)
class PastBoots:
    """What past runs say of deploy_timeout, a sentence for each role for which it is short. `trouble` says
    why they could not be looked at; empty if they were, or there are none."""

    warnings: tuple[str, ...] = ()
    trouble: str = ""


def past_boots(config: Config, roles: Sequence[str]) -> PastBoots:
    """What the recorded runs of this service say. Reads files for a moment: not for the event loop."""
    try:
        times = boot_times(journal_directory(), config.service, config.destination or "")
    except JournalError as error:
        return PastBoots(trouble=f"how long past starts took is not known: {error}")
    found = ((role, usual(times.seconds.get(role, ()))) for role in roles)
    told = (too_short(role, config.deploy_timeout, seen) for role, seen in found if seen is not None)
    return PastBoots(tuple(sentence for sentence in told if sentence))


def too_short(role: str, deploy_timeout: int, seen: Usual) -> str:
    """One sentence if a deploy_timeout is less than `ROOM` times what nearly all past starts took; empty if
    it is not."""
    needed = round(ROOM * seen.p95_s, 3)
    if deploy_timeout >= needed:
        return ""
    all_of = "all" if seen.within == seen.starts else f"{seen.within} of"
    return (
        f"{role} took up to {duration(seen.p95_s)} to become healthy in {all_of} {seen.starts} past starts; "
        f"deploy_timeout is {deploy_timeout} s, less than {ROOM:g} times that: "
        f"set deploy_timeout to {math.ceil(needed)} or more"
    )


async def tell_past_boots(run: RunContext, roles: Sequence[str]) -> None:
    """Warn those who watch a run soon after it began. Nothing it does waits for that; a run that is over by
    then has no need of it."""
    await run.clock.sleep(AFTER_S)
    found = await asyncio.to_thread(past_boots, run.config, roles)
    for warning in found.warnings:
        run.stream.emit(Notice(level="warning", text=warning))
    if found.trouble:
        run.stream.emit(Notice(level="info", text=found.trouble))
