import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backstaff.config.models import AssetPath, Proxy
from backstaff.kamal.assets import bridge_failures, clean_assets
from backstaff.kamal.audit import audit_line, booted
from backstaff.kamal.error_pages import clean_error_pages
from backstaff.kamal.prepare_script import HostNeeds, prepare_script
from backstaff.kamal.script import last_step, script
from backstaff.kamal.tls import CertificateFiles
from tests.kamal import fake_docker
from tests.kamal.builders import SHELLS, a_config, a_role, run_script

WEB = a_role("web", asset_path=AssetPath("/app/public"))
CONFIG = a_config(WEB)
ASSETS = Path(".kamal/apps/app/assets")

LOOK_FOR_PROXY = "ps --all --filter name=^kamal-proxy$ --format {{.Status}}"

each_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


def write(home: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content)


def contents(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()
    }


@each_shell
def test_everything_in_one_go(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = fake_docker.install(tmp_path, "0" * 64)
    write(tmp_path, {"image/app.js": "new"})
    line = audit_line(CONFIG, datetime(2026, 11, 23, tzinfo=UTC), "ada@example.com", booted("v2"), tag="web")
    needs = HostNeeds(
        starts_proxy=True,
        error_pages={"500.html": b"<h1>it's broken</h1>"},
        assets={"web": None},
        certificates=(CertificateFiles("web", "CERT\n", "KEY\n"),),
        audit=(line,),
    )
    done = run_script(shell, prepare_script(CONFIG, "h1", "v2", needs), tmp_path, path)
    assert done.returncode == 0, done.stderr
    kamal = tmp_path / ".kamal"
    assert contents(kamal) == {
        "app-audit.log": "[2026-11-23T00:00:00Z] [ada@example.com] [web] Booted app version v2\n",
        "apps/app/assets/extracted/web-v2/app.js": "new",
        "apps/app/assets/volumes/web-v2/app.js": "new",
        "proxy/apps-config/app/error_pages/v2/500.html": "<h1>it's broken</h1>",
        "proxy/apps-config/app/tls/web/cert.pem": "CERT\n",
        "proxy/apps-config/app/tls/web/key.pem": "KEY\n",
    }
    key = kamal / "proxy/apps-config/app/tls/web/key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o644
    run_proxy = (
        "run --name kamal-proxy --network kamal --detach --restart unless-stopped "
        "--volume kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy "
        f"--volume {tmp_path}/.kamal/proxy/apps-config:/home/kamal-proxy/.apps-config "
        "--publish 80:80 --publish 443:443 --log-opt max-size=10m basecamp/kamal-proxy:v0.9.2"
    )
    assert fake_docker.calls(tmp_path) == [
        LOOK_FOR_PROXY,
        run_proxy,
        "container rm app-web-assets",
        "container create --name app-web-assets registry.test/me/app:v2",
        "container cp -L app-web-assets:/app/public/. .kamal/apps/app/assets/extracted/web-v2",
        "container rm app-web-assets",
    ]


@each_shell
def test_a_host_that_needs_nothing_gets_its_directory(shell: tuple[str, ...], tmp_path: Path) -> None:
    done = run_script(shell, prepare_script(CONFIG, "h1", "v2", HostNeeds()), tmp_path)
    assert done.returncode == 0
    assert [str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*")] == [".kamal"]


@each_shell
def test_boot_files_on_the_host_decide_how_the_proxy_runs(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = fake_docker.install(tmp_path, "0" * 64)
    write(tmp_path, {".kamal/proxy/options": "--publish 8080:80", ".kamal/proxy/image_version": "v9.9.9"})
    run_script(shell, prepare_script(CONFIG, "h1", "v2", HostNeeds(starts_proxy=True)), tmp_path, path)
    assert fake_docker.calls(tmp_path)[-1].endswith("--publish 8080:80 basecamp/kamal-proxy:v9.9.9")


def proxy_calls(shell: tuple[str, ...], home: Path, status: str) -> list[str]:
    """What is asked of Docker to start the proxy, in words, where its container has this status."""
    path = fake_docker.install(home, "0" * 64)
    write(home, {"status": status})
    needs = HostNeeds(starts_proxy=True)
    done = run_script(shell, prepare_script(CONFIG, "h1", "v2", needs), home, path)
    assert done.returncode == 0, done.stderr
    return [" ".join(call.split()[:3]) for call in fake_docker.calls(home)[1:]]


@each_shell
def test_a_proxy_that_ran_before_is_started_again(shell: tuple[str, ...], tmp_path: Path) -> None:
    calls = proxy_calls(shell, tmp_path, "Exited (137) 3 days ago\n")
    assert calls == ["container start kamal-proxy"]


@each_shell
def test_a_proxy_that_never_started_is_made_anew(shell: tuple[str, ...], tmp_path: Path) -> None:
    calls = proxy_calls(shell, tmp_path, "Created\n")
    assert calls == ["container rm kamal-proxy", "run --name kamal-proxy"]


@each_shell
def test_old_and_new_version_get_each_others_assets(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = fake_docker.install(tmp_path, "0" * 64)
    write(
        tmp_path,
        {
            "image/new one.js": "2",
            "image/deep/both.js": "new",
            f"{ASSETS}/extracted/web-v1/old.js": "1",
            f"{ASSETS}/extracted/web-v1/deep/both.js": "old",
            f"{ASSETS}/volumes/web-v1/old.js": "1",
            f"{ASSETS}/volumes/web-v1/deep/both.js": "old",
        },
    )
    (tmp_path / "image/dangling.js").symlink_to("nowhere")
    needs = HostNeeds(assets={"web": "v1"})
    done = run_script(shell, prepare_script(CONFIG, "h1", "v2", needs), tmp_path, path)
    assert (done.returncode, bridge_failures(done.stdout)) == (0, []), done.stderr
    volumes = tmp_path / ASSETS / "volumes"
    assert contents(volumes / "web-v2") == {"new one.js": "2", "deep/both.js": "new", "old.js": "1"}
    assert contents(volumes / "web-v1") == {"new one.js": "2", "deep/both.js": "old", "old.js": "1"}


@each_shell
def test_preparing_the_same_version_again_changes_nothing(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = fake_docker.install(tmp_path, "0" * 64)
    write(tmp_path, {"image/app.js": "1"})
    prepare = prepare_script(CONFIG, "h1", "v1", HostNeeds(assets={"web": "v1"}))
    for _ in range(2):
        assert run_script(shell, prepare, tmp_path, path).returncode == 0
    assert contents(tmp_path / ASSETS / "volumes") == {"web-v1/app.js": "1"}


@each_shell
def test_assets_that_can_not_be_copied_out_of_the_image_are_a_failure(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    path = fake_docker.install(tmp_path, "0" * 64)
    (tmp_path / "refuse").touch()
    done = run_script(
        shell, prepare_script(CONFIG, "h1", "v2", HostNeeds(assets={"web": None})), tmp_path, path
    )
    assert (done.returncode, last_step(done.stdout)) == (1, "extract assets of web")
    assert fake_docker.calls(tmp_path)[-1] == "container rm app-web-assets"


@each_shell
def test_assets_that_do_not_fit_into_the_new_volume_are_a_failure(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    path = fake_docker.install(tmp_path, "0" * 64)
    write(tmp_path, {"image/dir/app.js": "1", f"{ASSETS}/volumes/web-v2/dir": "a file in its place"})
    done = run_script(
        shell, prepare_script(CONFIG, "h1", "v2", HostNeeds(assets={"web": None})), tmp_path, path
    )
    assert (done.returncode, last_step(done.stdout)) == (1, "share assets of web")


@each_shell
def test_assets_that_the_old_version_can_not_take_are_only_told(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    path = fake_docker.install(tmp_path, "0" * 64)
    write(tmp_path, {"image/dir/app.js": "1", f"{ASSETS}/volumes/web-v1/dir": "a file in its place"})
    done = run_script(
        shell, prepare_script(CONFIG, "h1", "v2", HostNeeds(assets={"web": "v1"})), tmp_path, path
    )
    assert (done.returncode, bridge_failures(done.stdout)) == (0, ["web"])


@each_shell
def test_cleaning_spares_this_version_and_roles_with_a_longer_name(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    admin = a_role("web-admin", proxy=Proxy(), asset_path=AssetPath("/app/public"))
    config = a_config(WEB, admin)
    names = ("web-v1", "web-v2", "web-admin-v1", "web-admin-v2", "other-v1")
    for kind in ("extracted", "volumes"):
        for name in names:
            (tmp_path / ASSETS / kind / name).mkdir(parents=True)
    assert run_script(shell, script(clean_assets(config, "web", "v2")), tmp_path).returncode == 0
    for kind in ("extracted", "volumes"):
        left = sorted(each.name for each in (tmp_path / ASSETS / kind).iterdir())
        assert left == ["other-v1", "web-admin-v1", "web-admin-v2", "web-v2"]


@each_shell
def test_cleaning_what_was_never_there_is_no_failure(shell: tuple[str, ...], tmp_path: Path) -> None:
    lines = [*clean_assets(CONFIG, "web", "v2"), clean_error_pages(CONFIG, "v2")]
    assert run_script(shell, script(lines), tmp_path).returncode == 0


@each_shell
def test_error_pages_of_other_versions_go(shell: tuple[str, ...], tmp_path: Path) -> None:
    pages = tmp_path / ".kamal/proxy/apps-config/app/error_pages"
    for version in ("v1", "v2"):
        (pages / version).mkdir(parents=True)
    run_script(shell, script([clean_error_pages(CONFIG, "v2")]), tmp_path)
    assert [each.name for each in pages.iterdir()] == ["v2"]
