"""Docker's own daemon through SSH: every call that a deploy makes, and the ways in which Docker fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from backstaff.errors import DockerFailed, DockerUnavailable, HostLost
from backstaff.hosts.protocol import ContainerState, DockerEvent, LogLine, RegistryAuth
from backstaff.hosts.ssh_host import SshHost
from tests.lab import Lab
from tests.lab.connections import connected, credentials, until_true
from tests.lab.sshd import SshSettings


async def pulled(lab: Lab, host: SshHost, version: str = "v1", *, healthcheck: bool = False) -> str:
    image = lab.app_image(version, healthcheck=healthcheck)
    async for _ in host.docker.pull(image, credentials(lab)):
        pass
    return image


async def created(host: SshHost, name: str, image: str, command: str = "") -> None:
    result = await host.run(f"docker create --name {name} --label service=app {image} {command}")
    assert result.status == 0, result.stderr


@asynccontextmanager
async def collecting(events: AsyncIterator[DockerEvent], into: list[DockerEvent]) -> AsyncIterator[None]:
    """Collect events in the background; begins once the engine has taken the subscription."""

    async def collect() -> None:
        async for event in events:
            into.append(event)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(collect())
        yield
        task.cancel()


async def until_seen(events: list[DockerEvent], action: str) -> None:
    async def seen() -> bool:
        return action in [event.action for event in events]

    await until_true(seen)


async def drain(events: AsyncIterator[DockerEvent]) -> None:
    async with asyncio.timeout(30):
        async for _ in events:
            pass


async def test_a_pull_reports_bytes_and_ends_with_the_image(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = lab.app_image("v1")
        seen = [progress async for progress in host.docker.pull(image, credentials(lab))]
        found = await host.docker.image(image)

    assert seen[-1].current == seen[-1].total > 1_000_000
    assert seen[-1].layers_done == seen[-1].layers == 2
    assert found is not None
    assert (found.tags, found.labels) == ((image,), {"service": "app"})


async def test_a_pull_with_a_wrong_password_fails_in_the_words_of_the_registry(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        auth = RegistryAuth(lab.registry, lab.registry_user, "wrong")
        with pytest.raises(DockerFailed, match=r"(?i)unauthorized|basic auth") as failure:
            async for _ in host.docker.pull(lab.app_image("v1"), auth):
                pass

    assert "registry.password" in failure.value.fix
    assert failure.value.where == lab.hosts[0].address


async def test_a_pull_of_what_was_never_pushed_fails(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        with pytest.raises(DockerFailed, match=r"not found|unknown"):
            async for _ in host.docker.pull(f"{lab.registry}/app:never", credentials(lab)):
                pass


async def test_a_pull_onto_a_full_disk_says_so(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = lab.app_image("v1")
        await asyncio.to_thread(lab.hosts[0].fill_disk)
        with pytest.raises(DockerFailed, match="no space left") as failure:
            async for _ in host.docker.pull(image, credentials(lab)):
                pass
        free = await host.docker.free_disk()

    assert "free disk space" in failure.value.fix
    assert free == 0


async def test_credentials_of_a_pull_stay_nowhere(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        await pulled(lab, host)
        left = await host.run(f"grep -rl {lab.registry_password} ~ /etc 2>/dev/null; ls -A ~")

    assert ".docker" not in left.stdout


async def test_events_of_a_container_come_in_their_order(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        await created(host, "app-web-v1", image)
        seen: list[DockerEvent] = []
        async with collecting(host.docker.events(), seen):
            # The subscription holds once an event comes through.
            while not seen:
                await host.docker.rename("app-web-v1", "renamed")
                await host.docker.rename("renamed", "app-web-v1")
            await host.docker.start("app-web-v1")
            await host.docker.execute("app-web-v1", ["true"])
            await host.docker.stop("app-web-v1", grace_s=1)
            await until_seen(seen, "stop")
            await host.docker.remove("app-web-v1")
            await until_seen(seen, "destroy")

    actions = [event.action for event in seen if event.action != "rename"]
    assert [action for action in actions if action in {"start", "die", "destroy"}] == [
        "start",
        "die",
        "destroy",
    ]
    assert not any(action.startswith("exec") for action in actions)
    assert {event.container_name for event in seen} <= {"app-web-v1", "renamed"}
    assert next(event for event in seen if event.action == "die").attributes["exitCode"].isdigit()


async def test_health_is_told_by_inspection_and_events(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host, healthcheck=True)
        await created(host, "app-web-v1", image)
        seen: list[DockerEvent] = []
        async with collecting(host.docker.events(), seen):
            while not seen:
                await host.docker.rename("app-web-v1", "renamed")
                await host.docker.rename("renamed", "app-web-v1")
            await host.docker.start("app-web-v1")
            before = await host.docker.inspect("app-web-v1")
            await until_seen(seen, "health_status: healthy")
        after = await host.docker.inspect("app-web-v1")

    assert before is not None
    assert before.health is not None
    assert before.health.status == "starting"
    assert after is not None
    assert after.health is not None
    assert (after.health.status, after.health.log[-1].exit_code) == ("healthy", 0)


async def test_a_followed_log_goes_on_until_the_container_ends(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        script = "echo one; sleep 1; echo two >&2; printf '\\377three'; exit 4"
        await created(host, "job", image, f'sh -c "{script}"')
        await host.docker.start("job")
        lines = [line async for line in host.docker.logs("job", follow=True)]
        job = await host.docker.inspect("job")

    assert [(line.stream, line.text) for line in lines] == [
        ("stdout", "one"),
        ("stderr", "two"),
        ("stdout", "\ufffdthree"),
    ]
    assert job is not None
    assert (job.state, job.exit_code) == (ContainerState.EXITED, 4)


async def test_a_log_can_be_resumed_after_its_last_line(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        await created(host, "job", image, 'sh -c "echo one; sleep 0.2; echo two; sleep 0.2; echo three"')
        await host.docker.start("job")
        lines = [line async for line in host.docker.logs("job", follow=True)]
        rest = [line async for line in host.docker.logs("job", since=lines[1].at)]
        last = [line async for line in host.docker.logs("job", tail=1)]

    assert rest == lines[1:]
    assert last == lines[2:]


async def test_lines_beyond_dockers_own_limit_stay_whole(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        writes = "head -c 100000 /dev/zero | tr '\\\\000' x; echo; echo end"
        await created(host, "job", image, f'sh -c "{writes}"')
        await host.docker.start("job")
        lines = [line async for line in host.docker.logs("job", follow=True)]

    assert [line.text for line in lines] == ["x" * 100_000, "end"]


async def test_a_log_of_a_terminal_is_one_stream(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        await created(host, "job", f"--tty {image}", 'sh -c "echo out; echo err >&2"')
        await host.docker.start("job")
        lines: list[LogLine] = [line async for line in host.docker.logs("job", follow=True)]

    assert [(line.stream, line.text) for line in lines] == [("stdout", "out"), ("stdout", "err")]


async def test_a_program_inside_a_container_tells_its_output_and_exit_code(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        await created(host, "app-web-v1", image)
        await host.docker.start("app-web-v1")
        result = await host.docker.execute("app-web-v1", ["sh", "-c", "echo out; echo err >&2; exit 7"])
        missing = await host.docker.execute("app-web-v1", ["no-such-program"])

    assert (result.status, result.stdout, result.stderr) == (7, "out\n", "err\n")
    assert missing.status in {126, 127}


async def test_containers_live_from_create_to_remove(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        await created(host, "app-web-v1", image)
        await created(host, "app-web-v2", image)
        await host.docker.start("app-web-v2")
        await host.docker.start("app-web-v2")
        listed = await host.docker.containers({"service": "app"})
        others = await host.docker.containers({"service": "other"})
        await host.docker.stop("app-web-v2", grace_s=1)
        await host.docker.rename("app-web-v2", "app-web-v2_replaced")
        for name in ("app-web-v1", "app-web-v2_replaced", "app-web-v2_replaced"):
            await host.docker.remove(name)
        left = await host.docker.containers()
        gone = await host.docker.inspect("app-web-v1")

    assert [(container.name, container.state) for container in listed] == [
        ("app-web-v2", ContainerState.RUNNING),
        ("app-web-v1", ContainerState.CREATED),
    ]
    assert {container.image for container in listed} == {image}
    assert (others, left, gone) == ([], [], None)


async def test_images_are_tagged_untagged_and_pruned(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        first, second = await pulled(lab, host, "v1"), await pulled(lab, host, "v2")
        repository = f"{lab.registry}/app"
        await host.docker.tag(first, repository, "latest")
        tagged = await host.docker.image(f"{repository}:latest")
        await created(host, "keeps-the-image", first)
        await host.run(f"docker tag {second} {first} && docker tag {second} {repository}:latest")
        in_use = await host.docker.prune_dangling_images({"service": "app"})
        await host.docker.remove("keeps-the-image")
        elsewhere = await host.docker.prune_dangling_images({"service": "other"})
        pruned = await host.docker.prune_dangling_images({"service": "app"})
        for name in (first, second, f"{repository}:latest", "never:was"):
            await host.docker.untag(name)
        left = await host.docker.images({"service": "app"})

    assert tagged is not None
    assert sorted(tagged.tags) == sorted([first, f"{repository}:latest"])
    assert (in_use, elsewhere, pruned, left) == (0, 0, 1, [])


async def test_a_start_that_docker_refuses_keeps_dockers_words(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        await created(host, "first", f"--publish 8080:80 {image}")
        await created(host, "second", f"--publish 8080:80 {image}")
        await host.docker.start("first")
        with pytest.raises(DockerFailed, match="port is already allocated") as failure:
            await host.docker.start("second")

    assert failure.value.status == 500
    assert "ss -ltnp" in failure.value.fix


async def test_a_frozen_docker_can_be_given_up_on_and_used_again_when_it_thaws(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        await host.docker.ping()
        await asyncio.to_thread(lab.hosts[0].freeze_docker)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await host.docker.containers()
        still_there = await host.run("echo yes")
        await asyncio.to_thread(lab.hosts[0].thaw_docker)
        await host.docker.ping()

    assert still_there.stdout == "yes\n"


async def test_a_docker_that_is_frozen_from_the_start_can_be_given_up_on(lab: Lab) -> None:
    lab.hosts[0].freeze_docker()
    async with connected(lab, lab.hosts[0]) as host:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await host.docker.open()
        await asyncio.to_thread(lab.hosts[0].thaw_docker)
        await host.docker.ping()


async def test_a_restart_of_docker_ends_the_events_and_later_calls_work(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        await host.docker.ping()
        async with asyncio.TaskGroup() as group:
            events = host.docker.events()
            group.create_task(asyncio.to_thread(lab.hosts[0].restart_docker))
            with pytest.raises(DockerUnavailable):
                await drain(events)
        await host.docker.ping()


async def test_a_cut_link_ends_the_events_as_a_lost_host(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        await host.docker.ping()
        await asyncio.to_thread(lab.hosts[0].cut_link)
        with pytest.raises(HostLost, match="no longer answers"):
            await drain(host.docker.events())


async def test_a_docker_that_is_not_running_is_told(lab: Lab) -> None:
    lab.hosts[0].stop_docker()
    async with connected(lab, lab.hosts[0]) as host:
        with pytest.raises(DockerUnavailable, match=r"not running|does not answer") as failure:
            await host.docker.open()

    assert "systemctl start docker" in failure.value.fix


async def test_a_docker_that_goes_away_under_an_open_connection_is_told(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        await host.docker.ping()
        await asyncio.to_thread(lab.hosts[0].stop_docker)
        with pytest.raises(DockerUnavailable, match=r"not running|does not answer"):
            await host.docker.containers()


async def test_a_host_without_docker_is_told(lab: Lab) -> None:
    lab.hosts[0].remove_docker()
    async with connected(lab, lab.hosts[0]) as host:
        with pytest.raises(DockerUnavailable, match="not installed") as failure:
            await host.docker.open()

    assert "get.docker.com" in failure.value.fix


async def test_a_user_without_permission_is_named_with_the_way_out(lab: Lab) -> None:
    lab.hosts[0].add_user("deployer", docker=False)
    async with connected(lab, lab.hosts[0], user="deployer") as host:
        with pytest.raises(DockerUnavailable, match="the user deployer may not use Docker") as failure:
            await host.docker.open()

    assert "usermod -aG docker deployer" in failure.value.fix


async def test_a_user_of_the_docker_group_can_use_docker(lab: Lab) -> None:
    lab.hosts[0].add_user("deployer", docker=True)
    async with connected(lab, lab.hosts[0], user="deployer") as host:
        await host.docker.ping()


async def test_without_forwarding_everything_goes_through_dial_stdio(lab: Lab) -> None:
    lab.hosts[0].configure_sshd(SshSettings(allow_forwarding=False))
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        await created(host, "app-web-v1", image)
        await host.docker.start("app-web-v1")
        result = await host.docker.execute("app-web-v1", ["sh", "-c", "echo out; exit 7"])
        log = [line.text async for line in host.docker.logs("app-web-v1")]

    assert (result.status, result.stdout) == (7, "out\n")
    assert log[0] == "starting version v1 mode healthy"


async def test_without_forwarding_more_streams_than_sessions_are_open_at_once(lab: Lab) -> None:
    lab.hosts[0].configure_sshd(SshSettings(allow_forwarding=False))
    async with connected(lab, lab.hosts[0]) as host:
        image = await pulled(lab, host)
        await created(host, "app-web-v1", image)
        await host.docker.start("app-web-v1")
        started = asyncio.Semaphore(0)

        async def follow() -> None:
            async for _ in host.docker.logs("app-web-v1", follow=True):
                started.release()

        async with asyncio.TaskGroup() as group:
            followers = [group.create_task(follow()) for _ in range(15)]
            async with asyncio.timeout(30):
                for _ in followers:
                    await started.acquire()
            commands = [group.create_task(host.run("echo yes")) for _ in range(10)]
            await host.docker.ping()
            await asyncio.wait(commands)
            for follower in followers:
                follower.cancel()

    assert [command.result().stdout for command in commands] == ["yes\n"] * 10
