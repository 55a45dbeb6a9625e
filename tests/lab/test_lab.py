"""The lab itself: hosts come up apart from each other, and go down without a trace."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import Lab, LabError, LabHost, cgroups
from tests.lab.commands import Finished, run
from tests.lab.labdir import LabDirectory
from tests.lab.network import interface_names, root_link
from tests.lab.sandbox import sandboxes_in

_CHECKOUT = Path(__file__).parents[2]


def ssh(lab: Lab, host: LabHost, command: str, *options: str) -> Finished:
    return run(["ssh", "-F", str(lab.ssh_config), "-o", "ConnectTimeout=5", *options, host.name, command])


def processes_of(directory: LabDirectory) -> list[Path]:
    """The /proc directories of everything that runs in a lab's process namespaces."""
    namespaces = {_process_namespace(Path(f"/proc/{box.init_pid}")) for box in sandboxes_in(directory.path)}
    running = [entry for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [entry for entry in running if _process_namespace(entry) in namespaces]


def _process_namespace(process: Path) -> str:
    try:
        return str((process / "ns" / "pid").readlink())
    except OSError:
        return "gone"


def traces_of(directory: LabDirectory) -> list[str]:
    """What is left of a lab on this machine, processes apart."""
    mounts = [
        line for line in Path("/proc/self/mounts").read_text().splitlines() if f"{directory.path}/" in line
    ]
    interfaces = [name for name in interface_names() if name == root_link(directory.number)]
    groups = [str(path) for path in cgroups.remaining(directory.number)]
    files = [str(directory.path)] if directory.path.exists() else []
    return mounts + interfaces + groups + files


def test_every_host_is_reached_by_ssh_and_has_a_docker_of_its_own(lab: Lab) -> None:
    image = lab.app_image("v1")
    lab.pull(lab.hosts[0], image)

    said = [
        ssh(lab, host, "hostname; docker images --format '{{.Repository}}'").stdout.split()
        for host in lab.hosts
    ]

    assert [words[0] for words in said] == ["h1", "h2", "h3", "h4"]
    assert f"{lab.registry}/app" in said[0]
    assert all(f"{lab.registry}/app" not in words for words in said[1:])


def test_files_of_a_host_are_its_own(lab: Lab) -> None:
    first, second = lab.hosts[:2]
    first.sh("echo one >note; echo 10.0.0.1 db >>/etc/hosts")

    assert (first.home / "note").read_text() == "one\n"
    assert second.sh("cat note; grep db /etc/hosts").stdout == ""
    assert "10.0.0.1 db" not in Path("/etc/hosts").read_text()


def test_hosts_reach_each_other(lab: Lab) -> None:
    first, second = lab.hosts[:2]

    reached = first.sh(f"ssh-keyscan -t ed25519 {second.address} 2>/dev/null")

    assert second.ssh.public_host_key in reached.stdout


def test_a_name_that_does_not_exist_is_an_answer_and_not_a_timeout(lab: Lab) -> None:
    looked_up = lab.hosts[0].sh("getent hosts nowhere.example.com", timeout_s=5)

    assert looked_up.returncode == 2


def test_the_registry_refuses_those_who_are_not_logged_in(lab: Lab) -> None:
    image = lab.app_image("v1")

    with pytest.raises(LabError, match="no basic auth credentials"):
        lab.hosts[0].docker("pull", image)


def test_the_client_builds_and_pushes_with_its_own_docker(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\nLABEL service=built\n")
    image = f"{lab.registry}/built:v1"
    client = lab.hub.docker

    login = client.command(
        "login", f"--username={lab.registry_user}", f"--password={lab.registry_password}", lab.registry
    )
    built = client.command("build", "--tag", image, str(tmp_path))
    pushed = client.command("push", image)

    assert (login.returncode, built.returncode, pushed.returncode) == (0, 0, 0), built.stderr + pushed.stderr


def test_an_image_carries_the_service_label_unless_told_otherwise(lab: Lab) -> None:
    host = lab.hosts[0]
    host.docker(
        "login", f"--username={lab.registry_user}", f"--password={lab.registry_password}", lab.registry
    )
    labels = []
    for image in (lab.app_image("v1", service="shop"), lab.app_image("v2", service="shop", label=False)):
        lab.pull(host, image)
        labels.append(host.docker("inspect", "--format={{.Config.Labels.service}}", image).strip())

    assert labels == ["shop", "<no value>"]


def test_wipe_leaves_the_proxy_image_and_nothing_else(lab: Lab) -> None:
    host = lab.hosts[0]
    host.docker("network", "create", "kamal")
    host.docker("run", "--detach", "--name=kamal-proxy", "--volume=kept:/kept", "basecamp/kamal-proxy:v0.9.2")
    host.docker("tag", "basecamp/kamal-proxy:v0.9.2", "app:v1")
    host.sh("mkdir -p .kamal/lock-app")

    host.wipe()

    assert host.docker("ps", "--all", "--quiet") == ""
    assert host.docker("network", "ls", "--filter=type=custom", "--quiet") == ""
    assert host.docker("volume", "ls", "--quiet") == ""
    assert "basecamp/kamal-proxy:v0.9.2" in host.docker("images", "--format={{.Repository}}:{{.Tag}}")
    assert list(host.home.iterdir()) == []


def test_a_relay_delays_each_direction_and_keeps_what_passes(lab: Lab) -> None:
    host = lab.hosts[0]
    address, port = lab.relay(host, one_way_ms=20)

    said = ssh(lab, host, "seq 1 20000", "-o", f"HostName={address}", "-p", str(port))

    assert said.stdout == "".join(f"{number}\n" for number in range(1, 20001)), said.stderr


def test_a_second_lab_does_not_meet_the_first(lab: Lab) -> None:
    with Lab.up(1) as other:
        mine, theirs = lab.hosts[0], other.hosts[0]
        theirs.docker("network", "create", "only-there")

        assert mine.address != theirs.address
        assert "only-there" not in mine.docker("network", "ls")
        assert ssh(other, theirs, "hostname").stdout == "h1\n"
        assert mine.sh(f"ssh-keyscan -T 1 {theirs.address}").stdout == ""

    assert ssh(lab, mine, "hostname").stdout == "h1\n"


def test_a_lab_goes_down_without_a_trace_even_with_containers_running() -> None:
    lab = Lab.up(2)
    try:
        for host in lab.hosts:
            host.docker("run", "--detach", "--restart=always", "basecamp/kamal-proxy:v0.9.2")
        lab.relay(lab.hosts[0], one_way_ms=1)
        processes = processes_of(lab.directory)
        before = traces_of(lab.directory)
    finally:
        lab.down()

    assert len(processes) > 10
    assert before
    assert [process for process in processes if process.exists()] == []
    assert traces_of(lab.directory) == []


def test_the_lab_of_a_killed_owner_is_taken_down_by_the_next() -> None:
    code = "from tests.lab import Lab; print(Lab.up(1).directory.number, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_CHECKOUT
    ) as owner:
        assert owner.stdout is not None
        directory = LabDirectory(int(owner.stdout.readline()))
        processes = processes_of(directory)
        owner.kill()

    said = run([sys.executable, "-m", "tests.lab", "down", "--all-dead"], env={"PYTHONPATH": str(_CHECKOUT)})

    assert said.returncode == 0, said.stderr
    assert processes
    assert [process for process in processes if process.exists()] == []
    assert traces_of(directory) == []


def test_a_lab_that_does_not_come_up_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[LabDirectory] = []

    def fail(host: LabHost) -> None:
        seen.append(LabDirectory(int(host.sandbox.directory.parent.name)))
        raise LabError("no image")

    monkeypatch.setattr(LabHost, "load_proxy", fail)

    with pytest.raises(LabError, match="h1: no image"):
        Lab.up(1)

    assert traces_of(seen[0]) == []


def test_by_hand_no_lab_is_taken_down_that_was_not_named_or_whose_owner_runs(lab: Lab) -> None:
    def down(*arguments: str) -> Finished:
        return run(
            [sys.executable, "-m", "tests.lab", "down", *arguments], env={"PYTHONPATH": str(_CHECKOUT)}
        )

    unnamed, owned = down(), down("--lab", str(lab.directory.number))

    assert (unnamed.returncode, owned.returncode) == (1, 1)
    assert "name a lab" in unnamed.stderr
    assert "belongs to process" in owned.stderr
    assert all(host.sandbox.alive for host in lab.hosts)
