"""Files that Kamal reads, and what they mean."""

from pathlib import Path

from backstaff.config import SecretName, SecretValue
from backstaff.config.models import (
    AccessoryPath,
    AssetPath,
    Boot,
    Buffering,
    BuildCache,
    CacheType,
    EnvVars,
    HookVerbosity,
    Logging,
    Percent,
    ProxyHealthcheck,
    SecretVar,
    TlsCertificate,
    UnknownHosts,
)
from tests.config.builders import MINIMAL, load

REPORTED = """\
service: app
image: me/app
servers:
  web:
    hosts: [10.0.0.1, 10.0.0.2]
  job:
    hosts: [10.0.0.3]
    cmd: bin/jobs
registry: {username: me, password: [PW]}
builder: {arch: amd64}
boot: {limit: 1, wait: 5}
"""

FULL = (Path(__file__).parent / "full.yml").read_text()


def test_a_minimal_file_gets_the_documented_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    assert config.primary_role == "web"
    assert [role.name for role in config.roles] == ["web"]
    assert config.role("web").proxied
    assert (config.retain_containers, config.readiness_delay) == (5, 7)
    assert (config.deploy_timeout, config.drain_timeout, config.stop_timeout) == (30, 30, None)
    assert config.boot == Boot()
    assert config.boot.group_size(7) == 7
    assert config.ssh.user == "root"
    assert config.hooks_path == ".kamal/hooks"
    assert config.backstaff.unknown_hosts is UnknownHosts.ACCEPT_NEW
    assert config.registry.password == SecretName("PW")
    assert config.registry.username == SecretValue("me")
    assert config.repository == "me/app"
    assert config.absolute_image("v1") == "me/app:v1"
    assert config.latest_tag == "latest"
    assert config.service_with_destination == "app"
    assert config.files == (tmp_path / "deploy.yml",)


def test_the_reported_boot_section_loads_with_job_before_web(tmp_path: Path) -> None:
    config = load(tmp_path, REPORTED)
    assert config.boot == Boot(limit=1, wait=5)
    assert [role.name for role in config.roles] == ["job", "web"]
    assert config.all_hosts == ("10.0.0.3", "10.0.0.1", "10.0.0.2")
    assert not config.role("job").proxied
    assert config.role("job").cmd == "bin/jobs"


def test_every_key_is_read(tmp_path: Path) -> None:
    config = load(tmp_path, FULL)
    assert config.labels == {"team": "web", "tier": "1"}
    assert config.volumes == ("/data:/data:ro",)
    assert config.repository == "registry.example.com/me/app"
    assert config.asset_path == AssetPath("/app/public/assets", "ro")
    assert config.error_pages_path == "public"
    assert config.hooks_output.of("pre-build") is HookVerbosity.QUIET
    assert config.hooks_output.of("post-deploy") is None
    assert config.output.file_path == "log/deploys"
    assert config.output.otel_endpoint == "http://127.0.0.1:4318"
    assert config.aliases == {"console": "app exec -i bin/console"}
    assert config.boot == Boot(Percent(25), 5, parallel_roles=True)
    assert config.logging == Logging("json-file", {"max-size": "20m", "max-file": "3"})
    assert config.stop_timeout == 12
    assert config.ssh.config == ("ssh/config",)
    assert config.ssh.port == 2222
    assert config.ssh.key_data[0] == SecretName("DEPLOY_KEY")
    assert config.ssh.forward_agent is True
    assert config.sshkit.max_concurrent_starts == 10
    assert config.backstaff.timeouts.connect == 5.0


def test_the_builder_is_read(tmp_path: Path) -> None:
    builder = load(tmp_path, FULL).builder
    assert builder.arches == ("amd64", "arm64")
    assert builder.cache == BuildCache(CacheType.REGISTRY, "mode=max", "app-cache")
    assert builder.args == {"RUBY": "3.4", "CI": "true", "TOKEN": None}
    assert builder.provenance == "mode=max"
    assert builder.sbom == "false"
    assert not builder.wants_git_clone


def test_the_proxy_of_the_primary_role_is_read(tmp_path: Path) -> None:
    proxy = load(tmp_path, FULL).role("web").proxy
    assert proxy is not None
    assert proxy.hosts == ("a.example.com", "b.example.com")
    assert proxy.app_port == 3000
    assert proxy.certificate == TlsCertificate("CERT", "CERT_KEY")
    assert proxy.ssl_redirect is False
    assert proxy.response_timeout == 20
    assert proxy.path_prefixes == ("/api", "/v2")
    assert proxy.healthcheck == ProxyHealthcheck(3, "/health", 2)
    assert proxy.buffering == Buffering(requests=False, memory=1000)
    assert proxy.logging.request_headers == ("X-Request-Id",)
    assert proxy.run is not None
    assert proxy.run.bind_ips == ("127.0.0.1", "::1")
    assert proxy.run.image == "mirror.example.com/basecamp/kamal-proxy:v0.9.3"


def test_a_role_inherits_merges_and_overrides(tmp_path: Path) -> None:
    config = load(tmp_path, FULL)
    job = config.role("job")
    assert job.hosts == ("deploy@10.0.0.3:2200", "[fd00::3]:22", "10.0.0.4")
    assert job.host_tags["10.0.0.4"] == ("eu", "slow")
    assert job.labels == {"team": "jobs", "tier": "1"}
    assert job.logging == Logging("json-file", {"max-size": "5m", "max-file": "3"})
    assert job.options == {"cpus": "2", "init": True, "cap-add": ("SYS_PTRACE", "NET_ADMIN"), "tty": "false"}
    assert job.restart_policy == "on-failure:5"
    assert job.stop_timeout == 300
    assert job.asset_path is None
    assert config.role("web").asset_path == AssetPath("/srv/assets")


def test_env_is_laid_over_from_root_to_role_to_tags(tmp_path: Path) -> None:
    job = load(tmp_path, FULL).role("job")
    assert job.env_for("deploy@10.0.0.3:2200") == EnvVars(
        {"DB_HOST": "db", "DEBUG": "false", "THREADS": "5"},
        (SecretVar("DB_PASSWORD", "DB_PASSWORD"), SecretVar("API_KEY", "JOB_API_KEY")),
    )
    on_tagged = job.env_for("10.0.0.4")
    assert on_tagged.clear == {"DB_HOST": "db.eu", "DEBUG": "false", "THREADS": "1", "REGION": "eu"}
    assert on_tagged.secret[-1] == SecretVar("EU_KEY", "EU_KEY")


def test_accessories_are_read(tmp_path: Path) -> None:
    config = load(tmp_path, FULL)
    db, cache = config.accessories
    assert db.service_name == "app-db"
    assert db.image == "registry.example.com/mysql:8.0"
    assert db.hosts == ("10.0.0.9",)
    assert db.publish == "3306:3306"
    assert db.files == (
        AccessoryPath("config/my.cnf", "/etc/my.cnf", "755", None, "ro"),
        AccessoryPath("config/key", "/etc/key", "0600", "mysql:mysql", "Z"),
    )
    assert db.directories == (AccessoryPath("data", "/var/lib/mysql"),)
    assert db.restart_policy == "always"
    assert cache.service_name == "shared-cache"
    assert cache.hosts == ("10.0.0.4",)
    assert cache.publish == "127.0.0.1:6379:6379"
    assert cache.proxy is not None
    assert config.all_hosts[-1] == "10.0.0.9"


def test_every_secret_that_a_deploy_takes_is_named_with_its_place(tmp_path: Path) -> None:
    needs = load(tmp_path, FULL).requires_secrets()
    names = {need.name for need in needs}
    assert names >= {
        "REGISTRY_PASSWORD",
        "GITHUB_TOKEN",
        "DEPLOY_KEY",
        "DB_PASSWORD",
        "JOB_API_KEY",
        "EU_KEY",
    }
    assert names >= {"CERT", "CERT_KEY"}
    assert "MYSQL_ROOT_PASSWORD" not in names
    lines = FULL.splitlines()
    for need in needs:
        assert need.position is not None
        assert need.name in lines[need.position.line - 1]


def test_sources_tell_where_each_value_is_written(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL, destination="prod", over="image: you/app\n")
    assert str(config.sources[("service",)]) == f"{tmp_path}/deploy.yml:1:10"
    assert str(config.sources[("image",)]) == f"{tmp_path}/deploy.prod.yml:1:8"
    assert str(config.sources[("registry", "password", 0)]) == f"{tmp_path}/deploy.yml:4:37"


def test_a_destination_merges_mappings_and_replaces_lists(tmp_path: Path) -> None:
    over = """\
        servers: [2.2.2.2, 2.2.2.3]
        env: {STAGE: staging}
        registry: {server: ghcr.io}
    """
    text = MINIMAL + "env: {STAGE: none, KEEP: 1}\n"
    config = load(tmp_path, text, destination="staging", over=over)
    assert config.all_hosts == ("2.2.2.2", "2.2.2.3")
    assert config.env.clear == {"STAGE": "staging", "KEEP": "1"}
    assert config.repository == "ghcr.io/me/app"
    assert config.registry.password == SecretName("PW")
    assert config.latest_tag == "latest-staging"
    assert config.service_with_destination == "app-staging"
    assert config.files == (tmp_path / "deploy.yml", tmp_path / "deploy.staging.yml")


def test_anchors_merge_keys_and_extensions_work(tmp_path: Path) -> None:
    text = """\
        x-shared: &shared
          options: {cpus: 2}
          env: {A: 1}
        service: app
        image: me/app
        servers:
          web: {hosts: [a]}
          job:
            <<: *shared
            hosts: [b]
            env: {B: 2}
        registry: {username: me, password: [PW]}
        builder: {arch: amd64}
    """
    job = load(tmp_path, text).role("job")
    assert job.options == {"cpus": "2"}
    assert job.own_env.clear == {"B": "2"}


def test_symbols_are_read_as_kamal_does(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL + ":hooks_output: :verbose\n")
    assert config.hooks_output.of("pre-build") is HookVerbosity.VERBOSE


def test_a_local_registry_needs_neither_image_nor_credentials(tmp_path: Path) -> None:
    text = """\
        service: app
        servers: [h]
        registry: {server: "localhost:5555"}
        builder: {arch: amd64}
    """
    config = load(tmp_path, text)
    assert config.image == "app"
    assert config.registry.is_local
    assert config.registry.local_port == 5555
    assert config.repository == "localhost:5555/app"


def test_accessories_alone_need_no_servers(tmp_path: Path) -> None:
    text = MINIMAL.replace("servers: [1.1.1.1]", "accessories: {db: {image: mysql, host: h}}")
    config = load(tmp_path, text)
    assert config.roles == ()
    assert config.all_hosts == ("h",)


def test_a_role_is_proxied_by_its_own_word_or_by_being_primary(tmp_path: Path) -> None:
    text = """\
        service: app
        image: me/app
        primary_role: site
        servers:
          site: {hosts: [a], proxy: false}
          api: {hosts: [b], proxy: true}
          web: {hosts: [c], proxy: {app_port: 4000}}
          job: {hosts: [d]}
        proxy: {app_port: 3000, healthcheck: {path: /ok}}
        registry: {username: me, password: [PW]}
        builder: {arch: amd64}
    """
    config = load(tmp_path, text)
    ports = {role.name: role.proxy.app_port for role in config.roles if role.proxy}
    assert ports == {"api": 3000, "web": 4000}
    merged = config.role("web").proxy
    assert merged is not None
    assert merged.healthcheck.path == "/ok"


def test_lists_in_root_proxy_options_survive_a_role_laid_over_them(tmp_path: Path) -> None:
    text = MINIMAL.replace("servers: [1.1.1.1]", "servers: {web: {hosts: [a], proxy: {app_port: 3000}}}")
    config = load(tmp_path, text + "proxy: {run: {options: {label: [a=b, c=d], init: true}}}\n")
    run = config.proxy_run_for("a")
    assert run is not None
    assert run.options == {"label": ("a=b", "c=d"), "init": True}


def test_a_percentage_limit_is_at_least_one_host() -> None:
    assert Boot(Percent(25)).group_size(10) == 2
    assert Boot(Percent(25)).group_size(3) == 1
    assert Boot(limit=4).group_size(3) == 4


def test_hours_and_minutes_without_quotes_are_warned_about(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL + "env: {AT: 22:22}\n")
    assert config.env.clear["AT"] == "80520"
    assert [warning.line for warning in config.warnings] == [6]


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode()
    assert load(tmp_path, text).service == "app"


def test_a_literal_password_does_not_show(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL.replace("[PW]", "hunter2"))
    assert isinstance(config.registry.password, SecretValue)
    assert config.registry.password.reveal() == "hunter2"
    assert "hunter2" not in repr(config)
    assert "hunter2" not in f"{config.registry.password}"
