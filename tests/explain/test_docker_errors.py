import pytest

from backstaff.explain.docker_errors import pull_doom, start_doom

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
        ("network kamal not found", "the network kamal is not on this host", "docker network create kamal"),
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
