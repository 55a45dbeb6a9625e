"""Containers and images as the Engine API tells them."""

from backstaff.simulator.containers import Container
from backstaff.simulator.daemon import Daemon
from backstaff.simulator.health import HealthMonitor
from backstaff.simulator.images import Image
from backstaff.simulator.times import NEVER, for_people, rfc3339, seconds

Json = dict[str, object]
_NS = 1_000_000_000


def summary(container: Container, now_ns: int) -> Json:
    """A container in the list."""
    image = container.wanted.image
    moved = image not in container.image.tags and f"{image}:latest" not in container.image.tags
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.image.id if moved and not image.startswith("sha256:") else image,
        "ImageID": container.image.id,
        "Command": " ".join(container.argv),
        "Created": seconds(container.created_at),
        "Ports": [{"PrivatePort": port.inner, "PublicPort": port.outer} for port in container.wanted.ports],
        "Labels": dict(container.labels),
        "State": container.state.status,
        "Status": status_text(container, now_ns),
        "HostConfig": {"NetworkMode": container.wanted.network},
        "NetworkSettings": {"Networks": _networks(container)},
        "Mounts": [],
    }


def status_text(container: Container, now_ns: int) -> str:
    """Docker's sentence for a container's state."""
    state = container.state
    match state.status:
        case "running" | "paused":
            up = f"Up {for_people(now_ns - state.started_at)}"
            health = container.health
            if state.paused:
                return f"{up} (Paused)"
            if health is None:
                return up
            return f"{up} ({'health: starting' if health.status == 'starting' else health.status})"
        case "restarting":
            return f"Restarting ({state.exit_code}) {for_people(now_ns - state.finished_at)} ago"
        case "exited":
            return f"Exited ({state.exit_code}) {for_people(now_ns - state.finished_at)} ago"
        case _:
            return "Created"


def inspection(container: Container) -> Json:
    """A container in full."""
    return {
        "Id": container.id,
        "Created": rfc3339(container.created_at),
        "Path": container.argv[0] if container.argv else "",
        "Args": list(container.argv[1:]),
        "State": _state(container),
        "Image": container.image.id,
        "Name": f"/{container.name}",
        "RestartCount": container.restart_count,
        "Driver": "overlay2",
        "Platform": "linux",
        "HostConfig": _host_config(container),
        "Mounts": [
            {"Source": mount.source, "Destination": mount.target, "Mode": mount.options}
            for mount in container.wanted.mounts
        ],
        "Config": _config(container),
        "NetworkSettings": {"Networks": _networks(container)},
    }


def _state(container: Container) -> Json:
    state = container.state
    told: Json = {
        "Status": state.status,
        "Running": state.running or state.restarting,
        "Paused": state.paused,
        "Restarting": state.restarting,
        "OOMKilled": state.oom_killed,
        "Dead": False,
        "Pid": 4242 if state.running else 0,
        "ExitCode": state.exit_code,
        "Error": state.error,
        "StartedAt": rfc3339(state.started_at),
        "FinishedAt": rfc3339(state.finished_at),
    }
    if container.health is not None:
        told["Health"] = _health(container.health)
    return told


def _health(health: HealthMonitor) -> Json:
    log = [
        {
            "Start": rfc3339(probe.start),
            "End": rfc3339(probe.end),
            "ExitCode": probe.exit_code,
            "Output": probe.output,
        }
        for probe in health.log
    ]
    return {"Status": health.status, "FailingStreak": health.streak, "Log": log}


def _host_config(container: Container) -> Json:
    wanted = container.wanted
    return {
        "Memory": wanted.memory,
        "NetworkMode": wanted.network,
        "AutoRemove": wanted.auto_remove,
        "Binds": [f"{mount.source}:{mount.target}" for mount in wanted.mounts],
        "RestartPolicy": {"Name": wanted.restart.name, "MaximumRetryCount": wanted.restart.most},
        "PortBindings": {
            f"{port.inner}/{port.protocol}": [{"HostIp": port.address, "HostPort": str(port.outer)}]
            for port in wanted.ports
        },
        "LogConfig": {"Type": "json-file", "Config": {}},
    }


def _config(container: Container) -> Json:
    wanted = container.wanted
    told: Json = {
        "Hostname": wanted.hostname or container.short_id,
        "Tty": wanted.tty,
        "Env": [f"{key}={value}" for key, value in container.env.items()],
        "Cmd": list(container.argv),
        "Image": wanted.image,
        "Labels": dict(container.labels),
    }
    if wanted.stop_timeout is not None:
        told["StopTimeout"] = wanted.stop_timeout
    check = container.healthcheck
    if check is not None:
        told["Healthcheck"] = {
            "Test": ["CMD", *check.argv],
            "Interval": int(check.interval * _NS),
            "Timeout": int(check.timeout * _NS),
            "Retries": check.retries,
        }
    return told


def _networks(container: Container) -> Json:
    network = {"IPAddress": container.address if container.state.running else "", "Aliases": None}
    return {container.wanted.network: network}


def image_summary(image: Image) -> Json:
    """An image in the list."""
    tags = sorted(image.tags)
    return {
        "Id": image.id,
        "ParentId": "",
        "RepoTags": tags or ["<none>:<none>"],
        "RepoDigests": None,
        "Created": int(image.created.timestamp()),
        "Size": sum(image.config.layer_sizes),
        "Labels": dict(image.config.labels) or None,
        "Containers": -1,
    }


def image_inspection(image: Image) -> Json:
    """An image in full."""
    config = image.config
    return {
        "Id": image.id,
        "RepoTags": sorted(image.tags),
        "RepoDigests": [],
        "Created": image.created.isoformat().replace("+00:00", "Z"),
        "Architecture": "amd64",
        "Os": "linux",
        "Size": sum(config.layer_sizes),
        "Config": {
            "Env": [f"{key}={value}" for key, value in config.env.items()],
            "Cmd": list(config.cmd),
            "Labels": dict(config.labels) or None,
        },
    }


def info(daemon: Daemon) -> Json:
    """What `docker info` asks for."""
    states = [container.state.status for container in daemon.containers.values()]
    return {
        "ID": daemon.machine.name,
        "Name": daemon.machine.name,
        "Containers": len(states),
        "ContainersRunning": states.count("running"),
        "Images": len(list(daemon.images)),
        "Driver": "overlay2",
        "DockerRootDir": str(daemon.machine.home),
        "OperatingSystem": "Simulated Linux",
        "OSType": "linux",
        "Architecture": "x86_64",
        "ServerVersion": "20.10.24",
        "SystemTime": rfc3339(daemon.machine.stamps.next()) or NEVER,
    }
