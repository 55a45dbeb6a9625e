"""The docker command, as scripts call it: what it prints, and how it ends."""

from datetime import datetime

import pytest

from backstaff.errors import DockerFailed
from tests.simulator.grounds import Site, contract


@contract
async def test_create_prints_the_id_alone(site: Site) -> None:
    image = await site.image()
    result = await site.docker(f"create --name one {image}")
    seen = await site.see("one")

    assert (result.status, result.stdout, result.stderr) == (0, f"{seen.id}\n", "")


@contract
async def test_a_flag_that_does_not_exist_is_named(site: Site) -> None:
    image = await site.image()
    unknown = await site.docker(f"create --no-such-flag {image}")
    only_for_run = await site.docker(f"create --detach {image}")
    without_image = await site.docker("create")

    assert unknown.status == 125
    assert unknown.stderr.splitlines()[0] == "unknown flag: --no-such-flag"
    assert only_for_run.stderr.splitlines()[0] == "unknown flag: --detach"
    assert without_image.status == 1
    assert "requires at least 1 argument" in without_image.stderr


@contract
async def test_a_missing_env_file_is_named(site: Site) -> None:
    image = await site.image()
    result = await site.docker(f"create --env-file no/such.env {image}")

    assert result.status == 125
    assert result.stderr.startswith("docker: open no/such.env: no such file or directory")


@contract
async def test_values_that_only_the_engine_refuses_are_told_as_its_words(site: Site) -> None:
    image = await site.image()
    policy = await site.docker(f"create --restart sometimes {image}")
    mount = await site.docker(f"create --volume /data:inside {image}")
    memory = await site.docker(f"create --memory much {image}")

    assert (policy.status, policy.stderr.splitlines()[0]) == (
        1,
        "Error response from daemon: invalid restart policy 'sometimes'",
    )
    assert mount.status == 1
    assert mount.stderr.startswith("Error response from daemon: invalid volume specification: '/data:inside'")
    assert memory.status == 125
    assert memory.stderr.startswith('invalid argument "much" for "-m, --memory" flag')


@contract
async def test_environment_comes_from_image_file_and_flags_in_this_order(site: Site) -> None:
    image = await site.image()
    await site.host.run("printf '# comment\\nA=file\\nB=file \"two\"\\n\\nC=\\n' > app.env")
    await site.run("one", image, "--env-file app.env --env A='a flag' --env NOT_SET --env EMPTY=")
    names = "$A|$B|$C|${NOT_SET-unset}|${EMPTY-unset}|$APP_VERSION"
    told = await site.host.docker.execute("one", ["sh", "-c", f'echo "{names}"'])

    assert told.stdout == 'a flag|file "two"||unset||v1\n'


@contract
async def test_everything_that_kamal_writes_is_understood(site: Site) -> None:
    image = await site.image()
    await site.host.docker.ensure_network("kamal")
    await site.host.run("mkdir -p assets; touch role.env")
    line = (
        "create --restart unless-stopped --name app-web-v1 --network kamal --hostname h1-0123 "
        '--env KAMAL_CONTAINER_NAME="app-web-v1" --env KAMAL_VERSION="v1" --env-file role.env '
        '--log-opt max-size="10m" --volume $PWD/assets:/assets --label service="app" --label role="web" '
        f'--label destination --memory "64m" --cpus "0.5" --add-host "db:192.0.2.1" --init {image}'
    )
    result = await site.docker(line)
    seen = await site.see("app-web-v1")
    await site.host.docker.start("app-web-v1")
    hostname = await site.host.docker.execute("app-web-v1", ["sh", "-c", "echo $KAMAL_VERSION"])

    assert result.status == 0, result.stderr
    assert seen.restart_policy == "unless-stopped"
    assert seen.labels == {"service": "app", "role": "web", "destination": ""}
    assert hostname.stdout == "v1\n"


@contract
async def test_run_tells_the_id_or_what_the_program_wrote(site: Site) -> None:
    image = await site.image()
    detached = await site.docker(f"run --detach --name one {image}")
    attached = await site.docker(f"run --rm --name two {image} echo hello")
    taken = await site.docker(f"run --detach --name one {image}")

    assert detached.stdout.strip() == (await site.see("one")).id
    assert attached.stdout == "hello\n"
    assert await site.host.docker.inspect("two") is None
    assert taken.status == 125
    assert taken.stderr.startswith("docker: Error response from daemon: Conflict. The container name")


@contract
async def test_start_through_the_command_tells_the_name_or_what_is_wrong(site: Site) -> None:
    image = await site.image()
    await site.create("one", image)
    good = await site.docker("container start one")
    bad = await site.docker("container start nothing")

    assert (good.status, good.stdout) == (0, "one\n")
    assert bad.status == 1
    assert bad.stderr.splitlines()[0] == "Error response from daemon: No such container: nothing"


@contract
async def test_files_are_copied_out_of_a_container_that_never_ran(site: Site) -> None:
    image = await site.image()
    await site.create("one", image)
    copied = await site.docker("container cp -L one:/assets/. .")
    text = await site.host.run("cat shared.txt")
    missing = await site.docker("container cp -L one:/nothing/. .")

    assert (copied.status, text.stdout) == (0, "v1\n")
    assert missing.status == 1
    assert "/nothing" in missing.stderr


@contract
async def test_nothing_runs_in_a_container_that_does_not(site: Site) -> None:
    image = await site.image()
    container = await site.create("one", image)
    with pytest.raises(DockerFailed) as failure:
        await site.host.docker.execute("one", ["true"])

    assert (failure.value.status, failure.value.what) == (409, f"Container {container} is not running")


@contract
async def test_what_is_ready_in_a_container_does_not_begin_once_that_has_ended(site: Site) -> None:
    image = await site.image()
    container = await site.run("one", image)
    await site.host.docker.make_ready("one", ["true"])
    await site.host.docker.kill("one")
    with pytest.raises(DockerFailed) as failure:
        await site.host.docker.execute("one", ["true"])

    assert (failure.value.status, failure.value.what) == (409, f"Container {container} is not running")


@contract
async def test_a_restarting_container_can_be_stopped_and_removed(site: Site) -> None:
    image = await site.image(mode="crash:0")
    await site.run("one", image, "--restart always")

    async def waits_long() -> bool:
        return (await site.see("one")).restart_count >= 5

    await site.until(waits_long)
    seen = await site.until_state("one", "restarting")
    with pytest.raises(DockerFailed) as refused:
        await site.host.docker.remove("one")
    await site.host.docker.stop("one")
    stopped = await site.see("one")
    await site.host.docker.remove("one")

    assert seen.started_at < seen.finished_at
    assert "cannot remove a restarting container" in refused.value.what
    assert stopped.state == "exited"


@contract
async def test_the_version_is_told(site: Site) -> None:
    told = await site.docker("version --format '{{.Server.Version}}'")

    assert (told.status, told.stdout.strip()) == (0, await site.host.docker.version())


@contract
async def test_free_disk_is_told(site: Site) -> None:
    free = await site.host.docker.free_disk()

    assert free is not None
    assert free > 0


@contract
async def test_the_hosts_own_time_is_that_of_its_containers(site: Site) -> None:
    image = await site.image()
    before = await site.host.docker.time()
    await site.create("one", image)
    after = await site.host.docker.time()

    assert before <= datetime.fromisoformat((await site.see("one")).created_at) <= after
