import stat
from pathlib import Path

import pytest

from backstaff.errors import RemoteError
from backstaff.kamal.boot_script import boot_script, created_container
from backstaff.kamal.script import last_step
from tests.kamal import fake_docker
from tests.kamal.builders import SHELLS, a_config, a_role, run_script

ID = "0123456789abcdef" * 4
HOSTNAME = "h1-0123456789ab"

each_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


@each_shell
def test_env_file_is_private_and_the_container_is_created(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = fake_docker.install(tmp_path, ID)
    config = a_config()
    text = "PW=it's $secret é\n"
    script = boot_script(config, config.role("web"), "h1", "v1", hostname=HOSTNAME, env_text=text)
    done = run_script(shell, script, tmp_path, path)
    assert created_container(done.stdout) == ID
    env_file = tmp_path / ".kamal/apps/app/env/roles/web.env"
    assert env_file.read_text() == text
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    (call,) = fake_docker.calls(tmp_path)
    assert call.startswith("create --restart unless-stopped --name app-web-v1 --network kamal")
    assert call.endswith("registry.test/me/app:v1")


def test_no_secret_is_readable_in_the_script() -> None:
    config = a_config()
    script = boot_script(config, config.role("web"), "h1", "v1", hostname=HOSTNAME, env_text="PW=hunter22\n")
    assert "hunter22" not in script


@each_shell
def test_an_env_file_is_replaced_at_once(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = fake_docker.install(tmp_path, ID)
    config = a_config()
    old = tmp_path / ".kamal/apps/app/env/roles/web.env"
    old.parent.mkdir(parents=True)
    old.write_text("PW=old\n")
    with old.open() as reader:
        script = boot_script(config, config.role("web"), "h1", "v1", hostname=HOSTNAME, env_text="PW=new\n")
        run_script(shell, script, tmp_path, path)
        assert reader.read() == "PW=old\n"
    assert old.read_text() == "PW=new\n"
    assert stat.S_IMODE(old.stat().st_mode) == 0o600


@each_shell
def test_a_refusal_of_docker_is_passed_on(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = fake_docker.install(tmp_path, ID)
    (tmp_path / "refuse").touch()
    config = a_config()
    script = boot_script(config, config.role("web"), "h1", "v1", hostname=HOSTNAME, env_text="\n")
    done = run_script(shell, script, tmp_path, path)
    assert (done.returncode, done.stderr) == (125, "Error: no such image\n")
    assert last_step(done.stdout) == "create container"


@each_shell
def test_a_comment_or_line_end_in_a_command_does_no_harm(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = fake_docker.install(tmp_path, ID)
    config = a_config(a_role(cmd="bin/web # serves\n"))
    script = boot_script(config, config.role("web"), "h1", "v1", hostname=HOSTNAME, env_text="\n")
    assert created_container(run_script(shell, script, tmp_path, path).stdout) == ID


@pytest.mark.parametrize("stdout", ["", "@backstaff container\n", "@backstaff container abc\n", ID])
def test_an_answer_without_an_id_is_an_error(stdout: str) -> None:
    with pytest.raises(RemoteError, match="no container id"):
        created_container(stdout)


@each_shell
def test_audit_lines_travel_along(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = fake_docker.install(tmp_path, ID)
    config = a_config()
    script = boot_script(
        config, config.role("web"), "h1", "v1", hostname=HOSTNAME, env_text="\n", audit=["one", "it's two"]
    )
    done = run_script(shell, script, tmp_path, path)
    assert created_container(done.stdout) == ID
    assert (tmp_path / ".kamal/app-audit.log").read_text() == "one\nit's two\n"
