"""kamal-proxy: what it checks, says, logs and serves."""

import json

import pytest

from tests.simulator.grounds import Ground, Site, contract

SHORT = ("--deploy-timeout=3s", "--drain-timeout=5s", "--health-check-timeout=1s")


async def app(site: Site, version: str, mode: str = "healthy") -> str:
    """Run a version behind no name yet; its target."""
    image = await site.image(version, mode)
    return (await site.run(f"app-web-{version}", image, "--network kamal"))[:12] + ":80"


async def log(site: Site) -> list[dict[str, object]]:
    return [json.loads(line.text) for line in await site.log("kamal-proxy")]


async def messages(site: Site) -> list[str]:
    return [str(line["msg"]) for line in await log(site)]


@contract
async def test_a_healthy_target_is_switched_to(site: Site) -> None:
    await site.boot_proxy()
    target = await app(site, "v1", "slow:1")
    told = await site.proxy("deploy", "app-web", f"--target={target}", "--host=app.example.com", *SHORT)
    table = await site.proxy("list")
    said = await log(site)

    assert (told.status, told.stdout, told.stderr) == (0, "", "")
    assert {"Deploying", "Healthcheck failed", "Target health updated", "Deployed"} <= {
        str(line["msg"]) for line in said
    }
    update = next(line for line in said if line["msg"] == "Target health updated")
    assert (update["target"], update["state"], update["was"]) == (target, "healthy", "adding")
    assert target in table.stdout
    assert "app.example.com" in table.stdout
    assert "running" in table.stdout


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("unhealthy", "unexpected status (500)"),
        ("missing", "unexpected status (404)"),
        ("wrong-port", ":80: connect: connection refused"),
        ("hang", "request timed out"),
    ],
)
def test_a_target_that_is_never_healthy_fails_and_the_old_one_stays(
    ground: Ground, mode: str, error: str
) -> None:
    async def test(site: Site) -> None:
        await site.boot_proxy()
        old = await app(site, "v1")
        await site.proxy("deploy", "app-web", f"--target={old}", *SHORT)
        new = await app(site, "v2", mode)
        told = await site.proxy("deploy", "app-web", f"--target={new}", *SHORT)
        table = (await site.proxy("list")).stdout
        failed = [line for line in await log(site) if line["msg"] == "Healthcheck failed"]
        of_new = [line for line in failed if line["url"] == f"http://{new}/up"]

        assert told.status == 1
        assert told.stderr == ("Error: target failed to become healthy within configured timeout (3s)\n")
        assert old in table
        assert new not in table
        assert str(of_new[0]["error"]).endswith(error)

    ground.run(test)


@contract
async def test_a_target_that_does_not_run_is_not_found_by_its_name(site: Site) -> None:
    await site.boot_proxy()
    image = await site.image()
    target = (await site.create("app-web-v1", image, "--network kamal"))[:12]
    told = await site.proxy("deploy", "app-web", f"--target={target}:80", *SHORT)
    failed = [line for line in await log(site) if line["msg"] == "Healthcheck failed"]

    assert told.status == 1
    assert "lookup" in str(failed[0]["error"])


@contract
async def test_two_services_can_not_share_a_host(site: Site) -> None:
    await site.boot_proxy()
    target = await app(site, "v1")
    await site.proxy("deploy", "app-web", f"--target={target}", "--host=app.example.com", *SHORT)
    told = await site.proxy("deploy", "other", f"--target={target}", "--host=app.example.com", *SHORT)

    assert (told.status, told.stderr) == (1, "Error: host settings conflict with another service\n")


@contract
async def test_services_are_removed_stopped_and_resumed(site: Site) -> None:
    await site.boot_proxy()
    target = await app(site, "v1")
    await site.proxy("deploy", "app-web", f"--target={target}", *SHORT)
    unknown = await site.proxy("remove", "nothing")
    await site.proxy("stop", "app-web", "--drain-timeout=1s")
    stopped = (await site.proxy("list")).stdout
    await site.proxy("resume", "app-web")
    resumed = (await site.proxy("list")).stdout
    removed = await site.proxy("remove", "app-web")
    left = (await site.proxy("list")).stdout

    assert (unknown.status, unknown.stderr) == (1, "Error: service not found\n")
    assert "stopped" in stopped
    assert "running" in resumed
    assert removed.status == 0
    assert "app-web" not in left


@contract
async def test_services_outlive_a_restart_of_the_proxy(site: Site) -> None:
    await site.boot_proxy()
    target = await app(site, "v1")
    await site.proxy("deploy", "app-web", f"--target={target}", *SHORT)
    await site.host.docker.stop("kamal-proxy", grace_s=1)
    await site.host.docker.start("kamal-proxy")

    async def serves() -> bool:
        return target in (await site.proxy("list")).stdout

    await site.until(serves)
