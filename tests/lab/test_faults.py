"""Each fault does what it says, and healing undoes it."""

import asyncio
import socket
import subprocess
from pathlib import Path

import asyncssh
import pytest

from tests.lab import Lab, LabError, LabHost, SshSettings
from tests.lab.commands import Finished, run
from tests.lab.proxy_image import PROXY_TAG
from tests.lab.waiting import wait_until


@pytest.fixture
def host(lab: Lab) -> LabHost:
    return lab.hosts[0]


def ssh(lab: Lab, user: str = "root", port: int = 22, command: str = "true") -> Finished:
    options = ["-F", str(lab.ssh_config), "-o", "ConnectTimeout=5", "-p", str(port)]
    return run(["ssh", *options, f"{user}@h1", command])


def connects(host: LabHost) -> bool:
    with socket.create_connection((host.address, 22), timeout=0.5):
        return True


def answers(host: LabHost) -> bool:
    try:
        return connects(host)
    except OSError:
        return False


def containers_of(host: LabHost) -> list[str]:
    return host.docker("ps", "--format={{.Names}}").split()


def test_a_frozen_docker_takes_connections_and_answers_nothing(host: LabHost) -> None:
    host.freeze_docker()

    with pytest.raises(subprocess.TimeoutExpired):
        host.docker("ps", timeout_s=0.5)

    host.thaw_docker()
    assert containers_of(host) == []


def test_a_restarted_docker_brings_back_the_containers_that_are_to_be_restarted(host: LabHost) -> None:
    host.docker("run", "--detach", "--name=kept", "--restart=unless-stopped", PROXY_TAG)
    host.docker("run", "--detach", "--name=dropped", PROXY_TAG)

    host.restart_docker()

    assert containers_of(host) == ["kept"]


def test_a_stopped_docker_refuses_until_it_is_started(host: LabHost) -> None:
    host.stop_docker()

    with pytest.raises(LabError, match="Cannot connect to the Docker daemon"):
        containers_of(host)

    host.start_docker()
    assert containers_of(host) == []


def test_over_a_cut_link_nothing_is_answered(host: LabHost) -> None:
    assert connects(host)
    host.cut_link()

    with pytest.raises(OSError, match=r"timed out|No route"):
        connects(host)

    host.restore_link()
    wait_until(lambda: answers(host), "ssh")


def test_without_sshd_connections_are_refused_and_those_there_were_have_ended(
    lab: Lab, host: LabHost
) -> None:
    command = ["ssh", "-F", str(lab.ssh_config), "h1", "echo in; sleep 600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as session:
        assert session.stdout is not None
        assert session.stdout.readline() == "in\n"

        host.kill_sshd()

        assert session.wait(timeout=10) == 255
    with pytest.raises(ConnectionRefusedError):
        connects(host)
    host.start_sshd()
    assert ssh(lab).returncode == 0


def test_on_a_full_disk_no_image_can_be_pulled(lab: Lab, host: LabHost) -> None:
    image = lab.app_image("v1")
    host.fill_disk()
    assert host.disk.free_bytes == 0

    with pytest.raises(LabError, match="no space left on device"):
        lab.pull(host, image)

    host.free_disk()
    lab.pull(host, image)


def test_a_changed_host_key_is_refused_by_ssh(lab: Lab, host: LabHost) -> None:
    host.change_host_key()
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in ssh(lab).stderr

    host.heal()
    assert ssh(lab).returncode == 0


def test_sshd_listens_on_another_port_too(lab: Lab, host: LabHost) -> None:
    host.configure_sshd(SshSettings(ports=(22, 2222)))
    lab.trust_port(host, 2222)

    assert ssh(lab, port=2222).returncode == 0
    assert ssh(lab).returncode == 0


@pytest.mark.parametrize(("allowed", "expected"), [(True, 0), (False, 1)])
def test_a_user_may_use_docker_or_not(lab: Lab, host: LabHost, allowed: bool, expected: int) -> None:
    host.add_user("deploy", docker=allowed)

    said = ssh(lab, user="deploy", command="docker ps")

    assert said.returncode == expected
    assert ("permission denied" in said.stderr) is not allowed


async def test_socket_forwarding_can_be_forbidden(lab: Lab, host: LabHost) -> None:
    async def ping() -> str:
        async with asyncssh.connect(
            host.address, username="root", client_keys=[str(lab.ssh_key)], known_hosts=str(lab.known_hosts)
        ) as connection:
            reader, writer = await connection.open_unix_connection("/var/run/docker.sock")
            writer.write(b"GET /_ping HTTP/1.0\r\n\r\n")
            status: bytes = await reader.readline()
            return status.decode().strip()

    assert await ping() == "HTTP/1.0 200 OK"
    await asyncio.to_thread(host.configure_sshd, SshSettings(allow_forwarding=False))

    with pytest.raises(asyncssh.ChannelOpenError):
        await ping()


def test_a_host_without_docker_does_not_find_the_command(lab: Lab, host: LabHost) -> None:
    host.remove_docker()
    assert ssh(lab, command="docker -v").returncode == 127

    host.install_docker()
    assert ssh(lab, command="docker ps").returncode == 0
    assert Path("/usr/sbin/dockerd").exists()


def test_healing_undoes_every_fault_at_once(lab: Lab, host: LabHost) -> None:
    host.add_user("deploy")
    host.configure_sshd(SshSettings(ports=(2222,), allow_forwarding=False))
    host.change_host_key()
    host.kill_sshd()
    host.fill_disk()
    host.freeze_docker()
    host.cut_link()

    host.heal()

    assert ssh(lab, command="docker ps").returncode == 0
    assert host.disk.free_bytes > 0
    assert host.sh("id deploy").returncode != 0


def test_a_killed_docker_leaves_containers_running(host: LabHost) -> None:
    host.docker("run", "--detach", "--name=app", PROXY_TAG)
    pid = host.docker("inspect", "--format={{.State.Pid}}", "app").strip()

    host.dockerd.kill()
    assert host.sh(f"kill -0 {pid}").returncode == 0

    host.heal()
    wait_until(
        lambda: host.sh(f"kill -0 {pid}").returncode != 0 or containers_of(host) == ["app"], "the container"
    )
