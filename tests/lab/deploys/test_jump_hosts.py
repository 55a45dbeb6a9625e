"""Hosts that only a jump host reaches: every byte goes through it, and when it fails it is named."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from backstaff.events.facts import PairState
from tests.lab import Lab, LabHost, SshSettings
from tests.lab.connections import key_of
from tests.lab.deploys.moments import reaches
from tests.lab.deploys.project import Project, a_project
from tests.lab.deploys.seen import everything, get, locked, running

PORT = 2222
QUICK = {"timeouts": {"connect": 2, "silence": 4, "docker": 4, "release": 4, "command": 5}}


@pytest.fixture
def gate(lab: Lab) -> LabHost:
    """The jump host, for the user `jumper` on a port of its own; nobody else reaches h1 and h2."""
    gate = lab.hosts[3]
    gate.add_user("jumper")
    gate.configure_sshd(SshSettings(ports=(PORT,)))
    lab.trust_port(gate, PORT)
    for host in lab.hosts[:2]:
        host.admit_ssh_from(gate.address)
    lab.app_image("v1")
    return gate


def a_project_behind(lab: Lab, root: Path, proxy: str) -> Project:
    ssh = {"config": str(lab.ssh_config), "proxy": proxy}
    return a_project(lab, root, web=["h1", "h2"], ssh=ssh, own=QUICK)


def jumping(gate: LabHost) -> str:
    return f"jumper@{gate.address}:{PORT}"


def logins_during(hosts: Sequence[LabHost], work: Callable[[], None]) -> list[list[tuple[str, str]]]:
    before = [len(host.ssh.logins()) for host in hosts]
    work()
    return [host.ssh.logins()[seen:] for host, seen in zip(hosts, before, strict=True)]


def connections(host: LabHost, port: int) -> str:
    return host.sh(f"ss -Htn state established sport = :{port}").stdout


def test_a_deploy_goes_through_the_jump_host_of_deploy_yml(lab: Lab, gate: LabHost, tmp_path: Path) -> None:
    h1, h2 = lab.hosts[:2]
    project = a_project_behind(lab, tmp_path, jumping(gate))

    def deploy() -> None:
        result = project.run("deploy", "-P", "--version", "v1")
        assert result.code == 0, result.out

    to_gate, to_h1, to_h2 = logins_during([gate, h1, h2], deploy)

    assert [user for user, _ in to_gate] == ["jumper"]
    assert to_h1 == to_h2 == [("root", gate.address)]
    assert get(h1) == get(h2) == (200, "v1 app-web-v1")
    assert connections(gate, PORT) == connections(h1, 22) == ""


def test_a_deploy_goes_through_the_jump_host_of_the_users_ssh_configuration(
    lab: Lab, gate: LabHost, tmp_path: Path
) -> None:
    h1, h2 = lab.hosts[:2]
    project = a_project(lab, tmp_path, web=["h1", "h2"], ssh=None, own=QUICK)
    config = project.home / ".ssh" / "config"
    config.parent.mkdir()
    config.write_text(
        "Host h1 h2\n  ProxyJump gate\n"
        f"Host gate\n  HostName {gate.address}\n  Port {PORT}\n  User jumper\n{lab.ssh_config.read_text()}"
    )

    def deploy() -> None:
        result = project.run("deploy", "-P", "--version", "v1")
        assert result.code == 0, result.out

    to_gate, to_h1, to_h2 = logins_during([gate, h1, h2], deploy)

    assert [user for user, _ in to_gate] == ["jumper"]
    assert to_h1 == to_h2 == [("root", gate.address)]
    assert get(h1) == get(h2) == (200, "v1 app-web-v1")


def forbid_forwarding(gate: LabHost) -> None:
    gate.configure_sshd(SshSettings(ports=(PORT,), allow_forwarding=False))


@pytest.mark.parametrize(
    ("fault", "user", "cause"),
    [
        (LabHost.kill_sshd, "jumper", "refuses connections"),
        (LabHost.cut_link, "jumper", "no answer from port 2222 within 2 s"),
        (LabHost.change_host_key, "jumper", "its host key has changed"),
        (None, "stranger", "it does not let stranger log in"),
        (forbid_forwarding, "jumper", "AllowTcpForwarding"),
    ],
    ids=["sshd-down", "unreachable", "host-key-changed", "login-refused", "forwarding-forbidden"],
)
def test_a_jump_host_that_can_not_be_used_is_named_before_anything_is_changed(
    lab: Lab, gate: LabHost, tmp_path: Path, fault: Callable[[LabHost], None] | None, user: str, cause: str
) -> None:
    project = a_project_behind(lab, tmp_path, f"{user}@{gate.address}:{PORT}")
    before = [everything(host) for host in lab.hosts[:2]]
    if fault:
        fault(gate)

    result = project.run("deploy", "-P", "--version", "v1", timeout_s=40)

    assert result.code == 4, result.out
    assert "connect" in result.headline
    assert result.headline.endswith(" h1 and h2")
    assert f"jump host {user}@{gate.address}:{PORT}" in result.card
    assert cause in result.card
    assert [everything(host) for host in lab.hosts[:2]] == before


def test_a_host_that_is_down_behind_a_jump_host_is_told_apart_from_it(
    lab: Lab, gate: LabHost, tmp_path: Path
) -> None:
    project = a_project_behind(lab, tmp_path, jumping(gate))
    lab.hosts[1].kill_sshd()

    result = project.run("deploy", "-P", "--version", "v1", timeout_s=40)

    assert result.code == 4, result.out
    assert "connect" in result.headline
    assert result.headline.endswith(" h2")
    assert "the connection to port 22 could not be made" in result.card
    assert f"through the jump host {jumping(gate)}" in result.card
    assert running(lab.hosts[0]) == set()


def test_a_jump_host_with_a_key_of_its_own_is_logged_in_to_with_that(
    lab: Lab, gate: LabHost, tmp_path: Path
) -> None:
    """As with `ssh -J`, the key that the ssh configuration names for the jump host is offered to it."""
    own = key_of(tmp_path / "gate_key")
    home = gate.sandbox.directory / "home" / "jumper"
    (home / "authorized").write_text(own.with_suffix(".pub").read_text())
    gate.configure_sshd(SshSettings(ports=(PORT,), authorized_keys="%h/authorized"))
    config = tmp_path / "ssh_config"
    config.write_text(f"Host {gate.address}\n  IdentityFile {own}\n{lab.ssh_config.read_text()}")
    ssh = {"config": str(config), "proxy": jumping(gate), "keys": [str(lab.ssh_key)]}
    project = a_project(lab, tmp_path, web=["h1"], ssh=ssh, own=QUICK)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out
    assert running(lab.hosts[0]) == {"app-web-v1"}


def test_a_jump_host_that_fails_in_the_middle_loses_all_hosts_behind_it(
    lab: Lab, gate: LabHost, tmp_path: Path
) -> None:
    lab.app_image("slow", mode="slow:60")
    project = a_project_behind(lab, tmp_path, jumping(gate))

    with project.start("deploy", "-P", "--version", "slow") as deploy:
        for name in ("h1", "h2"):
            deploy.wait_until(reaches("web", PairState.CHECKING, name), f"the check on {name}")
        gate.kill_sshd()
        result = deploy.ended(timeout_s=60)

    assert result.code == 1, result.out
    assert f"the connection was lost: its jump host {jumping(gate)} is gone" in result.card
    gate.start_sshd()
    if locked(lab.hosts[0]):
        release = result.out.partition("release it with: ")[2].splitlines()[0]
        assert project.run_printed(release).code == 0
    assert not locked(lab.hosts[0])
