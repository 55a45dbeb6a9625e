from backstaff.config.models import (
    AssetPath,
    Config,
    EnvVars,
    Proxy,
    SecretVar,
    TlsCertificate,
)
from backstaff.kamal.create import create_line
from backstaff.kamal.proxy_boot import start_line
from backstaff.kamal.proxy_deploy import deploy_command
from backstaff.plan.plan import Command, Plan, make_plan
from backstaff.plan.selection import select
from backstaff.plan.step import Step
from backstaff.plan.steps import host_steps
from tests.kamal.builders import a_config, a_role


def a_plan(config: Config, command: Command = Command.DEPLOY, *, skip_push: bool = False) -> Plan:
    return make_plan(config, select(config), "v2", command, skip_push=skip_push)


def lines(steps: tuple[Step, ...]) -> list[str]:
    return [step.line for step in steps]


def test_all_that_changes_a_web_host_in_order() -> None:
    config = a_config()
    role = config.role("web")
    assert lines(host_steps(config, a_plan(config), "h1")) == [
        "docker pull registry.test/me/app:v2",
        "mkdir -p .kamal",
        "mkdir .kamal/lock-app  # then the files details and backstaff in it, which tell who holds it",
        "docker network create kamal",
        "mkdir -p .kamal/proxy/apps-config",
        start_line(config, "h1"),
        "docker stop STALE_CONTAINERS",
        "docker rename app-web-v2 app-web-v2_replaced_RANDOM",
        "install -D -m 0600 /dev/stdin .kamal/apps/app/env/roles/web.env  # 0 secrets",
        create_line(config, role, "h1", "v2", hostname="h1-RANDOM"),
        "docker start app-web-v2",
        deploy_command(config, role, "v2", target="CONTAINER_ID").line,
        "docker stop OLD_CONTAINER",
        "docker tag registry.test/me/app:v2 registry.test/me/app:latest",
        "docker rm OLD_CONTAINERS",
        "docker rmi OLD_TAGS",
        "docker image prune --force --filter label=service=app",
        "printf '%s\\n' LINES >> .kamal/app-audit.log",
        "rm -r .kamal/lock-app",
    ]


def test_a_job_host_has_neither_proxy_nor_lock() -> None:
    config = a_config(a_role("web", "h1"), a_role("job", "h2"))
    text = "\n".join(lines(host_steps(config, a_plan(config), "h2")))
    assert "proxy" not in text
    assert "lock" not in text
    assert "docker stop -t 30 OLD_CONTAINER" in text


def test_a_rollback_neither_pulls_nor_prunes_nor_boots_the_proxy() -> None:
    config = a_config()
    text = "\n".join(lines(host_steps(config, a_plan(config, Command.ROLLBACK), "h1")))
    assert not any(word in text for word in ("docker pull", "docker rm ", "xargs docker run"))


def test_what_waits_at_the_barrier_is_created_before_and_started_after_it() -> None:
    config = a_config(a_role("web", "h1"), a_role("job", "h2"))
    plan = a_plan(config)
    assert "start container, once the barrier is open" in [
        step.title for step in host_steps(config, plan, "h2")
    ]
    assert "start container" in [step.title for step in host_steps(config, plan, "h1")]


def test_assets_error_pages_and_certificates_are_part_of_it() -> None:
    proxy = Proxy(ssl=True, certificate=TlsCertificate("CERT", "KEY"))
    role = a_role("web", "h1", proxy=proxy, asset_path=AssetPath("/public"))
    config = a_config(role, error_pages_path="public")
    titles = [step.title for step in host_steps(config, a_plan(config), "h1")]
    for title in (
        "upload error pages",
        "extract assets",
        "share assets of both versions",
        "write TLS certificate",
        "remove assets of older versions",
        "remove error pages of older versions",
    ):
        assert title in titles


def test_the_container_that_assets_are_taken_from_is_told() -> None:
    config = a_config(a_role("web", "h1", asset_path=AssetPath("/public")))
    (step,) = [step for step in host_steps(config, a_plan(config), "h1") if step.title == "extract assets"]
    assert step.line.splitlines() == [
        "mkdir -p .kamal/apps/app/assets/extracted/web-v2",
        "docker container create --name app-web-assets registry.test/me/app:v2",
        "docker container cp -L app-web-assets:/public/. .kamal/apps/app/assets/extracted/web-v2",
        "docker container rm app-web-assets",
    ]


def test_secrets_are_not_shown() -> None:
    env = EnvVars(secret=(SecretVar("DATABASE_PASSWORD", "DATABASE_PASSWORD"),))
    config = a_config(a_role("web", "h1", own_env=env))
    steps = host_steps(config, a_plan(config), "h1")
    assert "install -D -m 0600 /dev/stdin .kamal/apps/app/env/roles/web.env  # 1 secret" in lines(steps)
