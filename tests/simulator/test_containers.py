"""Containers from create to remove: what Docker does, and what it refuses."""

import pytest

from backstaff.errors import DockerFailed
from backstaff.hosts.protocol import ContainerState
from tests.simulator.grounds import Site, contract


async def refusal_of(call: object) -> DockerFailed:
    with pytest.raises(DockerFailed) as failure:
        await call  # type: ignore[misc]
    return failure.value


@contract
async def test_a_container_goes_from_created_to_running_to_exited(site: Site) -> None:
    image = await site.image()
    container = await site.create("one", image)
    created = await site.see("one")
    await site.host.docker.start("one")
    running = await site.until_state("one", "running")
    await site.until(lambda: _listens(site, "one"))
    await site.host.docker.stop("one")
    stopped = await site.see("one")

    assert (created.id, created.name, created.image) == (container, "one", image)
    assert (created.state, created.started_at, created.finished_at) == (ContainerState.CREATED, "", "")
    assert (running.exit_code, running.finished_at) == (0, "")
    assert running.started_at > created.created_at
    assert (stopped.state, stopped.exit_code, stopped.oom_killed) == (ContainerState.EXITED, 0, False)
    assert stopped.finished_at > stopped.started_at == running.started_at


async def _listens(site: Site, name: str) -> bool:
    return any("listening" in line.text for line in await site.log(name))


@contract
async def test_starting_and_stopping_twice_changes_nothing(site: Site) -> None:
    image = await site.image()
    await site.run("one", image)
    started = await site.see("one")
    await site.host.docker.start("one")
    again = await site.see("one")
    await site.host.docker.stop("one", grace_s=1)
    await site.host.docker.stop("one", grace_s=1)

    assert started.started_at == again.started_at


@contract
async def test_a_program_that_ignores_sigterm_is_killed_when_its_grace_is_over(site: Site) -> None:
    image = await site.image(mode="ignore-term")
    await site.run("one", image)
    await site.until(lambda: _listens(site, "one"))
    began = site.clock.now()
    await site.host.docker.stop("one", grace_s=2)
    took = site.clock.now() - began
    seen = await site.see("one")

    assert (seen.state, seen.exit_code, seen.oom_killed) == (ContainerState.EXITED, 137, False)
    assert took >= 2


@contract
async def test_a_container_s_own_stop_timeout_counts(site: Site) -> None:
    image = await site.image(mode="ignore-term")
    await site.run("one", image, "--stop-timeout 1")
    await site.until(lambda: _listens(site, "one"))
    began = site.clock.now()
    await site.host.docker.stop("one")
    took = site.clock.now() - began

    assert 1 <= took < 9
    assert (await site.see("one")).exit_code == 137


@contract
async def test_what_is_not_there_is_not_found(site: Site) -> None:
    inspected = await site.host.docker.inspect("nothing")
    started = await refusal_of(site.host.docker.start("nothing"))
    stopped = await refusal_of(site.host.docker.stop("nothing"))
    renamed = await refusal_of(site.host.docker.rename("nothing", "other"))

    assert inspected is None
    for failure in (started, stopped, renamed):
        assert (failure.status, failure.what) == (404, "No such container: nothing")
    await site.host.docker.remove("nothing")


@contract
async def test_a_name_belongs_to_one_container(site: Site) -> None:
    image = await site.image()
    first = await site.create("one", image)
    await site.create("two", image)
    again = await site.docker(f"create --name one {image}")
    renamed = await refusal_of(site.host.docker.rename("two", "one"))

    conflict = (
        f'Conflict. The container name "/one" is already in use by container "{first}". You have to remove '
        "(or rename) that container to be able to reuse that name."
    )
    assert (again.status, again.stdout) == (1, "")
    assert again.stderr.splitlines()[0] == f"Error response from daemon: {conflict}"
    assert renamed.status == 409
    assert conflict in renamed.what


@contract
async def test_a_renamed_container_keeps_its_id_and_frees_its_name(site: Site) -> None:
    image = await site.image()
    first = await site.create("one", image)
    await site.host.docker.rename("one", "one_replaced")
    second = await site.create("one", image)

    assert (await site.see(first)).name == "one_replaced"
    assert (await site.see(first[:12])).id == first
    assert (await site.see("one")).id == second


@contract
async def test_a_running_container_can_not_be_removed(site: Site) -> None:
    image = await site.image()
    container = await site.run("one", image)
    refused = await refusal_of(site.host.docker.remove("one"))
    await site.host.docker.stop("one", grace_s=1)
    await site.host.docker.remove("one")

    assert refused.status == 409
    assert f"cannot remove a running container {container}" in refused.what
    assert await site.host.docker.inspect("one") is None


@contract
async def test_a_published_port_belongs_to_one_running_container(site: Site) -> None:
    image = await site.image()
    await site.run("first", image, "--publish 8080:80")
    await site.create("second", image, "--publish 8080:80")
    refused = await refusal_of(site.host.docker.start("second"))
    left = await site.see("second")
    await site.host.docker.stop("first", grace_s=1)
    await site.host.docker.start("second")

    assert refused.status == 500
    assert "Bind for 0.0.0.0:8080 failed: port is already allocated" in refused.what
    assert left.state is ContainerState.CREATED
    assert (await site.see("second")).state is ContainerState.RUNNING


@contract
async def test_a_program_that_the_image_does_not_have_can_not_be_started(site: Site) -> None:
    image = await site.image()
    await site.create("one", image, command="no-such-program")
    refused = await refusal_of(site.host.docker.start("one"))
    seen = await site.see("one")

    assert refused.status == 400
    assert 'exec: "no-such-program": executable file not found in $PATH' in refused.what
    assert (seen.state, seen.exit_code) == (ContainerState.CREATED, 127)


@contract
async def test_a_network_must_be_there(site: Site) -> None:
    image = await site.image()
    await site.create("one", image, "--network kamal")
    refused = await refusal_of(site.host.docker.start("one"))
    made = await site.host.docker.ensure_network("kamal")
    again = await site.host.docker.ensure_network("kamal")
    await site.host.docker.start("one")
    by_hand = await site.docker("network create kamal")

    assert refused.status == 404
    assert "network kamal not found" in refused.what
    assert (made, again) == (True, False)
    assert by_hand.status == 1
    assert "network with name kamal already exists" in by_hand.stderr


@contract
async def test_the_exit_code_of_the_program_is_kept(site: Site) -> None:
    image = await site.image(mode="crash:0")
    await site.run("one", image)
    seen = await site.until_state("one", "exited")

    assert (seen.exit_code, seen.restart_count, seen.restart_policy) == (1, 0, "no")


@contract
async def test_a_program_beyond_its_memory_limit_is_killed(site: Site) -> None:
    image = await site.image(mode="oom")
    await site.run("one", image, "--memory 32m")
    seen = await site.until_state("one", "exited")

    assert (seen.exit_code, seen.oom_killed) == (137, True)


@contract
async def test_a_container_that_keeps_ending_is_started_again_ever_later(site: Site) -> None:
    image = await site.image(mode="crash:0")
    await site.run("one", image, "--restart unless-stopped")

    async def restarted() -> bool:
        return (await site.see("one")).restart_count >= 3

    began = site.clock.now()
    await site.until(restarted)
    took = site.clock.now() - began
    seen = await site.until_state("one", "restarting")
    await site.host.docker.stop("one", grace_s=1)
    stopped = await site.see("one")

    assert seen.restart_policy == "unless-stopped"
    assert seen.exit_code == 1
    assert took >= 0.3
    assert stopped.state is ContainerState.EXITED


@contract
async def test_on_failure_is_satisfied_by_its_most_tries_and_by_success(site: Site) -> None:
    image = await site.image(mode="crash:0")
    await site.run("fails", image, "--restart on-failure:2")
    await site.run("works", image, "--restart on-failure:2", command="true")

    async def given_up() -> bool:
        seen = await site.see("fails")
        return seen.restart_count == 2 and seen.state is ContainerState.EXITED

    await site.until(given_up)
    works = await site.until_state("works", "exited")

    assert (works.restart_count, works.exit_code) == (0, 0)
