"""Starting the proxy on a host where something else has its port, as a deploy's script does it."""

from backstaff.explain.docker_errors import proxy_start_doom
from backstaff.kamal.names import NETWORK, PROXY_CONTAINER
from backstaff.kamal.prepare_script import HostNeeds, prepare_script
from backstaff.kamal.script import last_step
from tests.kamal.builders import a_config
from tests.lab import Lab

SCRIPT = prepare_script(a_config(), "h1", "v1", HostNeeds(starts_proxy=True))


def test_the_second_try_says_the_same_as_the_first_and_the_third_works_once_the_port_is_free(
    lab: Lab,
) -> None:
    host = lab.hosts[0]
    host.load_proxy()
    host.docker("network", "create", NETWORK)
    image = lab.app_image("v1")
    lab.pull(host, image)
    host.docker("run", "--detach", "--name", "squatter", "--publish", "80:80", image)
    for _ in range(2):
        failed = host.sh(SCRIPT)
        assert failed.returncode == 1
        assert last_step(failed.stdout) == "start proxy"
        assert "is already in use by container" not in failed.stderr
        doom = proxy_start_doom(failed.stderr)
        assert doom is not None
        assert doom.reason == "port 80, which kamal-proxy publishes, is taken on this host"

    host.docker("rm", "--force", "squatter")
    started = host.sh(SCRIPT)

    assert started.returncode == 0, started.stderr
    assert host.docker("inspect", "--format", "{{.State.Status}}", PROXY_CONTAINER).strip() == "running"

    host.docker("stop", PROXY_CONTAINER)
    again = host.sh(SCRIPT)

    assert again.returncode == 0, again.stderr
    assert host.docker("inspect", "--format", "{{.State.Status}}", PROXY_CONTAINER).strip() == "running"
