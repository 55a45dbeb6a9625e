"""Paused containers: nothing in them runs, and what Docker does with them then."""

import asyncio

import pytest

from backstaff.errors import DockerFailed
from backstaff.hosts.protocol import ContainerState
from tests.simulator.grounds import Site, contract

CHECKS = ("--deploy-timeout=10s", "--health-check-interval=1s", "--health-check-timeout=1s")


async def refusal_of(call: object) -> DockerFailed:
    with pytest.raises(DockerFailed) as failure:
        await call  # type: ignore[misc]
    return failure.value


async def paused(site: Site, mode: str = "healthy", options: str = "") -> str:
    """A container `one` that listens and is paused; its id."""
    container = await site.run("one", await site.image(mode=mode), options)

    async def listens() -> bool:
        return any("listening" in line.text for line in await site.log("one"))

    await site.until(listens)
    await site.host.docker.pause("one")
    return container


@contract
async def test_a_paused_container_is_up_and_can_go_on(site: Site) -> None:
    container = await paused(site)
    seen, (listed,) = await site.see("one"), await site.host.docker.containers({"service": "app"})
    await site.host.docker.unpause("one")
    again = await site.see("one")

    assert (seen.id, seen.state, seen.finished_at) == (container, ContainerState.PAUSED, "")
    assert listed.state is ContainerState.PAUSED
    assert listed.status.endswith("(Paused)")
    assert (again.state, again.started_at) == (ContainerState.RUNNING, seen.started_at)


@contract
async def test_pausing_and_unpausing_twice_changes_nothing(site: Site) -> None:
    await paused(site)
    await site.host.docker.pause("one")
    still = await site.see("one")
    await site.host.docker.unpause("one")
    await site.host.docker.unpause("one")

    assert still.state is ContainerState.PAUSED
    assert (await site.see("one")).state is ContainerState.RUNNING


@contract
async def test_what_does_not_run_can_not_be_paused_and_needs_no_unpausing_and_no_killing(site: Site) -> None:
    container = await site.create("one", await site.image())
    refused = await refusal_of(site.host.docker.pause("one"))
    missing = await refusal_of(site.host.docker.pause("nothing"))
    await site.host.docker.unpause("one")
    await site.host.docker.unpause("nothing")
    await site.host.docker.kill("one")
    not_killed = await refusal_of(site.host.docker.kill("nothing"))

    assert (refused.status, refused.what) == (409, f"Container {container} is not running")
    assert (missing.status, missing.what) == (404, "No such container: nothing")
    assert not_killed.status == 404
    assert not_killed.what == "Cannot kill container: nothing: No such container: nothing"


@contract
async def test_what_is_about_to_start_again_can_not_be_paused(site: Site) -> None:
    await site.run("one", await site.image(mode="crash:0"), "--restart unless-stopped")
    # The time between two starts doubles; soon it is long enough for a request.
    await site.until(lambda: _has_restarted(site, 4))
    await site.until_state("one", "restarting")
    refused = await refusal_of(site.host.docker.pause("one"))
    await site.host.docker.kill("one")

    assert refused.status == 409
    assert "is restarting" in refused.what
    assert (await site.see("one")).state is ContainerState.EXITED


async def _has_restarted(site: Site, times: int) -> bool:
    return (await site.see("one")).restart_count >= times


@contract
async def test_killing_a_paused_container_ends_it_at_once_and_for_good(site: Site) -> None:
    await paused(site, options="--restart unless-stopped")
    began = site.clock.now()
    await site.host.docker.kill("one")
    took = site.clock.now() - began
    seen = await site.see("one")

    assert (seen.state, seen.exit_code, seen.restart_count) == (ContainerState.EXITED, 137, 0)
    assert took < 5
    assert not any("stopped" in line.text for line in await site.log("one"))


@contract
async def test_stopping_a_paused_container_wakes_it_for_the_signal(site: Site) -> None:
    await paused(site)
    await site.host.docker.stop("one")
    seen = await site.see("one")

    assert (seen.state, seen.exit_code) == (ContainerState.EXITED, 0)
    assert any("stopped" in line.text for line in await site.log("one"))


@contract
async def test_stopping_a_paused_container_that_ignores_the_signal_takes_its_grace(site: Site) -> None:
    await paused(site, "ignore-term")
    began = site.clock.now()
    await site.host.docker.stop("one", grace_s=2)
    took = site.clock.now() - began

    assert 2 <= took < 9
    assert (await site.see("one")).exit_code == 137


@contract
async def test_a_paused_container_can_be_renamed_and_nothing_else(site: Site) -> None:
    container = await paused(site)
    await site.host.docker.rename("one", "two")
    started = await refusal_of(site.host.docker.start("two"))
    removed = await refusal_of(site.host.docker.remove("two"))
    executed = await refusal_of(site.host.docker.execute("two", ["true"]))

    assert (started.status, started.what) == (
        409,
        "cannot start a paused container, try unpause instead",
    )
    assert removed.status == 409
    assert removed.what.startswith(f"You cannot remove a paused container {container}. Unpause and then stop")
    assert (executed.status, executed.what) == (
        409,
        "Container two is paused, unpause the container before exec",
    )


@contract
async def test_the_command_pauses_and_unpauses_too(site: Site) -> None:
    await site.run("one", await site.image())
    told = await site.docker("pause one")
    state = (await site.see("one")).state
    again = await site.docker("unpause one")
    over = await site.docker("unpause one")

    assert (told.status, told.stdout, state) == (0, "one\n", ContainerState.PAUSED)
    assert (again.status, again.stdout) == (0, "one\n")
    assert over.status == 1
    assert "is not paused" in over.stderr


@contract
async def test_pausing_is_told_by_events(site: Site) -> None:
    image = await site.image()
    async with site.events(image) as recording:
        await site.run("one", image)
        await site.host.docker.pause("one")
        await site.host.docker.unpause("one")
        await site.host.docker.kill("one")
        actions = await recording.until("one", "die")

    # Docker tells both twice where one follows the other at once.
    assert list(dict.fromkeys(actions)) == ["create", "start", "pause", "unpause", "kill", "die"]


@contract
async def test_the_proxy_does_not_switch_to_a_container_while_it_is_paused(site: Site) -> None:
    await site.boot_proxy()
    image = await site.image(mode="slow:1")
    target = (await site.run("one", image, "--network kamal"))[:12]
    await site.host.docker.pause("one")
    switched = asyncio.Event()

    async def deploy() -> None:
        assert (await site.proxy("deploy", "app-web", f"--target={target}:80", *CHECKS)).status == 0
        switched.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(deploy())
        await site.clock.sleep(3)
        table, too_soon = (await site.proxy("list")).stdout, switched.is_set()
        await site.host.docker.unpause("one")

    assert target not in table
    assert not too_soon
    assert target in (await site.proxy("list")).stdout


@contract
async def test_a_killed_container_never_answers_what_came_while_it_was_paused(site: Site) -> None:
    await site.boot_proxy()
    target = (await site.run("one", await site.image(), "--network kamal"))[:12]
    await site.host.docker.pause("one")
    options = ("--deploy-timeout=3s", "--health-check-timeout=5s")

    async def deploy() -> int:
        return (await site.proxy("deploy", "app-web", f"--target={target}:80", *options)).status

    async with asyncio.TaskGroup() as group:
        deploying = group.create_task(deploy())
        await site.clock.sleep(1)
        await site.host.docker.kill("one")

    assert deploying.result() == 1
    assert target not in (await site.proxy("list")).stdout
