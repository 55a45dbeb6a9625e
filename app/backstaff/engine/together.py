"""The same work on many hosts at once, where one host's failure does not stop the others."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TypeVar

from backstaff.engine.guarded import GuardedHost
from backstaff.errors import BackstaffError

T = TypeVar("T")


async def on_each(hosts: Sequence[GuardedHost], work: Callable[[GuardedHost], Awaitable[T]]) -> dict[str, T]:
    """Do `work` on all hosts at once and return the results by host.

    All hosts are let finish; then the first failure in the order of `hosts` is raised, with the other
    hosts' failures among its evidence.
    """
    results, failures = await try_each(hosts, work)
    if failures:
        raise with_others(list(failures.values()))
    return results


async def try_each(
    hosts: Sequence[GuardedHost], work: Callable[[GuardedHost], Awaitable[T]]
) -> tuple[dict[str, T], dict[str, BackstaffError]]:
    """Do `work` on all hosts at once; results and failures by host."""
    results: dict[str, T] = {}
    failures: dict[str, BackstaffError] = {}

    async def attempt(host: GuardedHost) -> None:
        try:
            results[host.name] = await work(host)
        except BackstaffError as error:
            error.where = error.where or host.name
            failures[host.name] = error

    async with asyncio.TaskGroup() as group:
        for host in hosts:
            group.create_task(attempt(host))
    return results, {host.name: failures[host.name] for host in hosts if host.name in failures}


def with_others(failures: Sequence[BackstaffError]) -> BackstaffError:
    """The first failure; it names the others as evidence."""
    first = failures[0]
    # Several jobs of one host fail for what is wrong with it: that is said once.
    elsewhere = [each.where for each in failures if each.what == first.what and each.where != first.where]
    alike = list(dict.fromkeys(elsewhere))
    others = [f"the same on {', '.join(alike)}"] if alike else []
    others += [f"also {each}" for each in failures[1:] if each.what != first.what]
    first.evidence = (*first.evidence, *others)
    return first


async def at_once(*jobs: Coroutine[object, object, None]) -> None:
    """Do jobs of one host at once; all are let finish, then the first failure is raised."""
    failures: list[BackstaffError] = []

    async def attempt(job: Coroutine[object, object, None]) -> None:
        try:
            await job
        except BackstaffError as error:
            failures.append(error)

    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(attempt(job))
    if failures:
        raise with_others(failures)


async def both(*jobs: Coroutine[object, object, None]) -> None:
    """Do jobs at once; the first failure ends the others, and comes out as it is."""
    failures: list[Exception] = []

    async def attempt(job: Coroutine[object, object, None]) -> None:
        try:
            await job
        except Exception as error:
            failures.append(error)
            raise

    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(attempt(job))
    except ExceptionGroup:
        raise failures[0] from None
