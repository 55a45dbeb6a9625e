import pytest

from backstaff.explain.docker_errors import (
    daemon_was_down,
    deploy_doom,
    proxy_start_doom,
    pull_doom,
    push_refused,
    registry_trouble,
    start_doom,
)

ENDPOINT = "driver failed programming external connectivity on endpoint shop-web-v42 (669659d6): "
RUNC = "failed to create task for container: failed to create shim task: OCI runtime create failed: "


@pytest.mark.parametrize(
    ("error", "reason", "advice"),
    [
        (
            ENDPOINT + "Bind for 0.0.0.0:8080 failed: port is already allocated",
            "port 8080 is taken on this host",
            "publish=8080",
        ),
        (
            ENDPOINT + "Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use",
            "port 80 is taken on this host",
            "sport = :80",
        ),
        (
            'invalid mount config for type "bind": bind source path does not exist: /srv/data',
            "the mount's source /srv/data is not on this host",
            "volumes",
        ),
        (
            RUNC + 'error mounting "/srv/a" to rootfs at "/etc/b": not a directory: '
            "Are you trying to mount a directory onto a file (or vice-versa)?: unknown",
            "a mount joins a file and a directory",
            "volumes",
        ),
        (
            RUNC + 'unable to start container process: exec: "bin/jobs": '
            "executable file not found in $PATH: unknown",
            "the image has no program bin/jobs",
            "cmd",
        ),
        (
            RUNC
            + 'unable to start container process: exec: "/rails/bin/x": stat /rails/bin/x: no such file or '
            "directory: unknown",
            "the image has no /rails/bin/x, or its #! line names a program that is missing",
            "line ends",
        ),
        (
            RUNC + "exec /entrypoint.sh: no such file or directory",
            "the image has no /entrypoint.sh, or its #! line names a program that is missing",
            "line ends",
        ),
        (
            RUNC + 'unable to start container process: exec: "/entrypoint.sh": permission denied: unknown',
            "/entrypoint.sh in the image may not be executed",
            "chmod",
        ),
        (
            "exec /usr/bin/app: exec format error",
            "the image's program is for another architecture, or a script without #!",
            "builder.arch",
        ),
        (
            'could not select device driver "" with capabilities: [[gpu]]',
            "this host has no driver for the devices that options ask for",
            "nvidia",
        ),
        (
            "network kamal not found",
            "the network kamal, which deploys make, is not on this host",
            "backstaff proxy boot",
        ),
        ("network shop not found", "the network shop is not on this host", "docker network create shop"),
        (
            'Conflict. The container name "/shop-web-v42" is already in use by container "9f3"',
            "another container is already named shop-web-v42",
            "docker rm shop-web-v42",
        ),
        ("unknown flag: --memroy", "docker does not accept --memroy", "options"),
        (
            "No such image: registry.test/shop:v42",
            "the image registry.test/shop:v42 is not on this host",
            "pulled",
        ),
        (
            "write /var/lib/docker/x: no space left on device",
            "the disk of the host is full",
            "docker system df",
        ),
    ],
)
def test_a_start_that_can_never_work_is_recognised(error: str, reason: str, advice: str) -> None:
    doom = start_doom(f"Error response from daemon: {error}")
    assert doom is not None
    assert doom.reason == reason
    assert advice in doom.advice


# What a Docker 20.10 on Debian 12 says, word for word, with shortened ids.
ON_TWO = "driver failed programming external connectivity on endpoint two (3614bf80): "
OLD_RUNC = (
    "failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: "
)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            ON_TWO + "Bind for 0.0.0.0:80 failed: port is already allocated",
            "port 80 is taken on this host",
        ),
        (
            ON_TWO + "Error starting userland proxy: listen tcp4 0.0.0.0:8088: bind: address already in use",
            "port 8088 is taken on this host",
        ),
        ("network kamal not found", "the network kamal, which deploys make, is not on this host"),
        (
            'invalid mount config for type "bind": bind source path does not exist: /nope',
            "the mount's source /nope is not on this host",
        ),
        (
            OLD_RUNC + 'error during container init: error mounting "/tmp/f1" to rootfs at "/tmp": mount '
            "/tmp/f1:/tmp (via /proc/self/fd/6), flags: 0x5000: not a directory: unknown: Are you trying "
            "to mount a directory onto a file (or vice-versa)? Check if the specified host path "
            "exists and is the expected type",
            "a mount joins a file and a directory",
        ),
        (
            OLD_RUNC + 'exec: "nope": executable file not found in $PATH: unknown',
            "the image has no program nope",
        ),
        (
            OLD_RUNC + 'exec: "/nope": stat /nope: no such file or directory: unknown',
            "the image has no /nope, or its #! line names a program that is missing",
        ),
        (OLD_RUNC + 'exec: "/etc": permission denied: unknown', "/etc in the image may not be executed"),
        (
            (
                'Conflict. The container name "/two" is already in use by container "03d00eed". '
                "You have to remove (or rename) that container to be able to reuse that name."
            ),
            "another container is already named two",
        ),
        (
            'could not select device driver "" with capabilities: [[gpu]]',
            "this host has no driver for the devices that options ask for",
        ),
        ("No such image: none:1", "the image none:1 is not on this host"),
        (
            "write /var/lib/docker/overlay2/581e47b1-init/link: no space left on device",
            "the disk of the host is full",
        ),
        (
            "Minimum memory limit allowed is 6MB",
            "a resource limit in options is not possible on this host",
        ),
        (
            "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
            "a resource limit in options is not possible on this host",
        ),
        ("invalid restart policy 'wrong'", "docker does not accept the restart policy wrong"),
    ],
)
def test_what_a_real_docker_said_is_recognised(error: str, reason: str) -> None:
    doom = start_doom(
        f"docker: Error response from daemon: {error}\n\nRun 'docker run --help' for more information"
    )
    assert doom is not None
    assert doom.reason == reason


ON_PROXY = "driver failed programming external connectivity on endpoint kamal-proxy (17f7bd4d): "
STARTED_IN_VAIN = (
    f"Error response from daemon: {ON_PROXY}Bind for 0.0.0.0:80 failed: port is already allocated\n"
    "Error: failed to start containers: kamal-proxy\n"
    'docker: Error response from daemon: Conflict. The container name "/kamal-proxy" is already in use by '
    'container "03d0". You have to remove (or rename) that container to be able to reuse that name.'
)
PULLED_FIRST = (
    "Unable to find image 'basecamp/kamal-proxy:v0.9.2' locally\nv0.9.2: Pulling from basecamp/kamal-proxy\n"
    f"docker: Error response from daemon: {ON_PROXY}Bind for :::80 failed: port is already allocated"
)
DOCKER_28 = (
    f"failed to set up container networking: {ON_PROXY}"
    "failed to bind host port for 0.0.0.0:80:172.18.0.2:80/tcp: address already in use"
)


@pytest.mark.parametrize("error", [STARTED_IN_VAIN, PULLED_FIRST, DOCKER_28])
def test_a_port_that_keeps_the_proxy_down_is_named_with_the_way_out(error: str) -> None:
    doom = proxy_start_doom(error)
    assert doom is not None
    assert doom.reason == "port 80, which kamal-proxy publishes, is taken on this host"
    assert "sport = :80" in doom.advice
    assert "proxy.run" in doom.advice


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            "Unable to find image 'mirror.test/proxy:v9' locally\ndocker: manifest unknown",
            "the image is not in the registry",
        ),
        ("network kamal not found", "the network kamal, which deploys make, is not on this host"),
        (OLD_RUNC + 'exec: "/etc": permission denied: unknown', "/etc in the image may not be executed"),
    ],
)
def test_what_else_keeps_the_proxy_down_is_told_too(error: str, reason: str) -> None:
    doom = proxy_start_doom(error)
    assert doom is not None
    assert doom.reason == reason


@pytest.mark.parametrize(
    "error",
    ["Error: host settings conflict with another service", "Error: host is used by another service"],
)
def test_two_services_that_want_the_same_host_are_told_apart(error: str) -> None:
    doom = deploy_doom(error)
    assert doom is not None
    assert doom.reason == "another service on this host's proxy has the same host and path"
    assert "proxy.host" in doom.advice
    assert "remove the other service" in doom.advice


def test_an_unhealthy_target_is_no_refusal_of_the_proxy() -> None:
    assert deploy_doom("Error: target failed to become healthy within configured timeout (30s)") is None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            "manifest for registry.test/shop:v42 not found: manifest unknown",
            "the image is not in the registry",
        ),
        ("registry.test/shop:v42: not found", "the image is not in the registry"),
        (
            "pull access denied for shop, repository does not exist or may require 'docker login': denied",
            "the registry denies the pull, or has no such repository",
        ),
        ("unauthorized: authentication required", "the registry does not accept the credentials"),
        ("no basic auth credentials", "the registry does not accept the credentials"),
        ("denied: requested access to the resource is denied", "the registry denies access to the image"),
        (
            "toomanyrequests: You have reached your pull rate limit",
            "the registry limits how often this host may pull",
        ),
        (
            "no matching manifest for linux/arm64/v8 in the manifest list entries",
            "the image has no variant for linux/arm64/v8",
        ),
        (
            'Get "https://10.0.0.1:5000/v2/": http: server gave HTTP response to HTTPS client',
            "the registry speaks HTTP, and Docker on this host expects HTTPS",
        ),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "Docker on this host does not trust the registry's certificate",
        ),
        ("failed to register layer: no space left on device", "the disk of the host is full"),
        ("invalid reference format", "the image's name is not a valid one"),
    ],
)
def test_a_pull_that_can_never_work_is_recognised(error: str, reason: str) -> None:
    doom = pull_doom(error)
    assert doom is not None
    assert doom.reason == reason
    assert doom.advice


@pytest.mark.parametrize(
    "error",
    [
        "dial tcp: lookup registry.test: i/o timeout",
        "net/http: TLS handshake timeout",
        "unexpected EOF",
        "received unexpected HTTP status: 503 Service Unavailable",
        "",
    ],
)
def test_what_a_retry_may_mend_is_not_doom(error: str) -> None:
    assert pull_doom(error) is None
    assert start_doom(error) is None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            'Get "http://10.0.0.1:5000/v2/": dial tcp 10.0.0.1:5000: connect: connection refused',
            "the registry at 10.0.0.1:5000 refuses connections",
        ),
        (
            'Get "https://registry.test/v2/": dial tcp: lookup registry.test on 10.0.0.53:53: no such host',
            "the host can not find the address of the registry registry.test",
        ),
        (
            "dial tcp: lookup registry.test: i/o timeout",
            "the host can not find the address of the registry registry.test",
        ),
        (
            'Get "https://registry.test/v2/": dial tcp 192.0.2.7:443: i/o timeout',
            "the host does not reach the registry at 192.0.2.7:443",
        ),
        (
            'Get "https://registry.test/v2/": dial tcp 192.0.2.7:443: connect: no route to host',
            "the host does not reach the registry at 192.0.2.7:443",
        ),
        (
            (
                'Get "https://registry.test/v2/": net/http: request canceled while waiting for connection '
                "(Client.Timeout exceeded while awaiting headers)"
            ),
            "the registry registry.test did not answer in time",
        ),
        (
            'Get "https://registry.test/v2/": net/http: TLS handshake timeout',
            "the registry registry.test did not answer in time",
        ),
        (
            "received unexpected HTTP status: 503 Service Unavailable",
            "the registry has an error of its own: 503 Service Unavailable",
        ),
    ],
)
def test_a_registry_that_can_not_be_asked_is_told_as_that(error: str, reason: str) -> None:
    trouble = registry_trouble(error)
    assert trouble is not None
    assert trouble.reason == reason
    assert trouble.advice
    assert pull_doom(error) is None


@pytest.mark.parametrize("error", ["unexpected EOF", "manifest unknown", ""])
def test_what_says_nothing_of_the_registry_is_left_as_it_is(error: str) -> None:
    assert registry_trouble(error) is None


PUSH, BUILDX = "docker push registry.test/me/app:v1", "docker buildx build --output=type=registry ."
BASE_IMAGE = (
    "ERROR: failed to solve: registry.test/base:1: failed to resolve source metadata for "
    "registry.test/base:1: unexpected status from HEAD request to "
    "https://registry.test/v2/base/manifests/1: 401 Unauthorized"
)
NOT_PUSHED = "ERROR: failed to solve: failed to push registry.test/me/app:v1: "
HEAD_REFUSED = "unexpected status from HEAD request to https://registry.test/v2/me/app/x: 401 Unauthorized"
SCOPE_REFUSED = (
    "push access denied, repository does not exist or may require authorization: "
    "server message: insufficient_scope: authorization failed"
)


@pytest.mark.parametrize(
    ("command", "output"),
    [
        (PUSH, "7b4f662e9273: Preparing\nunauthorized: authentication required"),
        (PUSH, "7b4f662e9273: Preparing\nno basic auth credentials"),
        (PUSH, "denied: requested access to the resource is denied"),
        (PUSH, "denied: permission_denied: write_package"),
        (BUILDX, NOT_PUSHED + HEAD_REFUSED),
        (BUILDX, NOT_PUSHED + SCOPE_REFUSED),
    ],
)
def test_a_push_that_the_registry_does_not_take_is_recognised(command: str, output: str) -> None:
    assert push_refused(command, output)


@pytest.mark.parametrize(
    ("command", "output"),
    [
        (BUILDX, BASE_IMAGE),
        ("docker build .", "Step 3/9 : RUN ./fetch\nunauthorized: no token given"),
        (PUSH, "dial tcp 10.0.0.1:5000: connect: connection refused"),
        (PUSH, "permission denied while trying to connect to the Docker daemon socket"),
    ],
)
def test_other_failures_of_a_build_are_not_the_logins_fault(command: str, output: str) -> None:
    assert not push_refused(command, output)


@pytest.mark.parametrize(
    "said",
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct",
        "error during connect: Post http://%2Fvar%2Frun%2Fdocker.sock/v1.41/containers/create: EOF",
    ],
)
def test_a_command_without_a_daemon_is_recognised(said: str) -> None:
    assert daemon_was_down(said)


@pytest.mark.parametrize(
    "said",
    [
        "Error response from daemon: No such image: app:v2",
        "dial tcp 10.0.0.1:5000: connect: connection refused",
        "permission denied while trying to connect to the Docker daemon socket",
    ],
)
def test_what_a_daemon_answers_is_no_sign_that_it_was_down(said: str) -> None:
    assert not daemon_was_down(said)
