"""What the Docker Engine says, checked and in our own terms; ValueError for anything else."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, FailFast, Field, TypeAdapter
from pydantic.alias_generators import to_pascal

from backstaff.hosts.protocol import (
    Container,
    ContainerState,
    ContainerSummary,
    DockerEvent,
    Health,
    HealthCheckResult,
    Image,
)

_NEVER = "0001-01-01T00:00:00Z"
_TOO_LATE_S = 253_402_300_800
"""The year 10000, in seconds since 1970: later times can not be told as a date."""


def _or_empty_text(value: object) -> object:
    return "" if value is None else value


def _or_empty_map(value: object) -> object:
    return {} if value is None else value


def _or_empty_list(value: object) -> object:
    return [] if value is None else value


_Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Seconds = Annotated[int, Field(ge=0, lt=_TOO_LATE_S)]
_Text = Annotated[str, BeforeValidator(_or_empty_text)]
_Labels = Annotated[dict[str, str], BeforeValidator(_or_empty_map)]
_Texts = Annotated[list[str], BeforeValidator(_or_empty_list)]


class _Record(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, defer_build=True, extra="ignore", frozen=True)


class _Networks(_Record):
    networks: Annotated[dict[str, object], BeforeValidator(_or_empty_map)] = {}


class _Summary(_Record):
    id: str
    names: _Texts = []
    image: _Text = ""
    image_id: _Text = Field("", alias="ImageID")
    state: ContainerState
    status: _Text = ""
    created: _Seconds = 0
    labels: _Labels = {}
    network_settings: _Networks | None = None


class _Probe(_Record):
    start: _Text = ""
    exit_code: _Whole = 0
    output: _Text = ""


class _Health(_Record):
    status: str
    failing_streak: _Whole = 0
    log: Annotated[list[_Probe], BeforeValidator(_or_empty_list)] = []


class _State(_Record):
    status: ContainerState
    exit_code: _Whole = 0
    oom_killed: bool = Field(False, alias="OOMKilled")
    error: _Text = ""
    started_at: _Text = ""
    finished_at: _Text = ""
    health: _Health | None = None


class _Config(_Record):
    image: _Text = ""
    labels: _Labels = {}
    tty: bool = False


class _RestartPolicy(_Record):
    name: _Text = ""


class _HostConfig(_Record):
    restart_policy: _RestartPolicy = _RestartPolicy()


class _Inspection(_Record):
    id: str
    name: str
    created: _Text = ""
    image: _Text = ""
    restart_count: _Whole = 0
    state: _State
    config: _Config = _Config()
    host_config: _HostConfig = _HostConfig()


class _ImageConfig(_Record):
    labels: _Labels = {}


class _ImageInspection(_Record):
    id: str
    repo_tags: _Texts = []
    config: _ImageConfig | None = None


class _ImageSummary(_Record):
    id: str
    repo_tags: _Texts = []
    labels: _Labels = {}


class _Actor(_Record):
    id: str = Field("", alias="ID")
    attributes: _Labels = {}


class _Event(_Record):
    action: str
    actor: _Actor
    time_nano: int = Field(0, alias="timeNano", ge=0, lt=_TOO_LATE_S * 10**9)


class Info(_Record):
    """What the engine says of its host. Fractions of a second are cut to microseconds."""

    system_time: AwareDatetime
    docker_root_dir: _Text = ""


class Version(_Record):
    """The engine's version and the API versions it speaks."""

    version: str
    api_version: str
    min_api_version: _Text = Field("", alias="MinAPIVersion")


class ExecState(_Record):
    """Where a program inside a container stands."""

    running: bool = False
    exit_code: _Whole | None = None


class PruneResult(_Record):
    """What a prune removed: image ids under `Deleted`."""

    images_deleted: Annotated[list[dict[str, str]], BeforeValidator(_or_empty_list)] = []

    @property
    def ids(self) -> set[str]:
        """The ids of everything that went, layers included."""
        return {item["Deleted"] for item in self.images_deleted if "Deleted" in item}


_Summaries = TypeAdapter(Annotated[list[_Summary], FailFast()], config=ConfigDict(defer_build=True))
_ImageSummaries = TypeAdapter(Annotated[list[_ImageSummary], FailFast()], config=ConfigDict(defer_build=True))
_RemovedImages = TypeAdapter(Annotated[list[dict[str, str]], FailFast()])
_Id = TypeAdapter(Annotated[str, Field(min_length=1)])


def info(data: object) -> Info:
    """What the engine says of its host."""
    return Info.model_validate(data)


def identity(value: object) -> str:
    """The id of something that was made."""
    return _Id.validate_python(value)


def require_removed_images(data: object) -> None:
    """Raise unless this is what is said of images that were removed."""
    _RemovedImages.validate_python(data)


def container_summaries(data: bytes) -> list[ContainerSummary]:
    """The list of containers."""
    return [_container_summary(record) for record in _Summaries.validate_json(data)]


def container_summary(data: Mapping[str, object]) -> ContainerSummary:
    """One container of the list."""
    return _container_summary(_Summary.model_validate(data))


def _container_summary(record: _Summary) -> ContainerSummary:
    own_names = [name[1:] for name in record.names if name.count("/") == 1]
    return ContainerSummary(
        id=record.id,
        name=own_names[0] if own_names else "",
        image=record.image,
        image_id=record.image_id,
        state=record.state,
        status=record.status,
        created=record.created,
        labels=record.labels,
        networks=frozenset(record.network_settings.networks if record.network_settings else ()),
    )


def container(data: Mapping[str, object]) -> Container:
    """An inspected container."""
    record = _Inspection.model_validate(data)
    state = record.state
    return Container(
        id=record.id,
        name=record.name.removeprefix("/"),
        image=record.config.image,
        image_id=record.image,
        state=state.status,
        created_at=record.created,
        started_at=_time(state.started_at),
        finished_at=_time(state.finished_at),
        exit_code=state.exit_code,
        oom_killed=state.oom_killed,
        restart_count=record.restart_count,
        restart_policy=record.host_config.restart_policy.name,
        error=state.error,
        health=_health(state.health),
        labels=record.config.labels,
    )


def has_terminal(data: Mapping[str, object]) -> bool:
    """Whether an inspected container has a terminal, so that its output is one stream."""
    return _Inspection.model_validate(data).config.tty


def image(data: Mapping[str, object]) -> Image:
    """An inspected image."""
    record = _ImageInspection.model_validate(data)
    labels = record.config.labels if record.config else {}
    return Image(record.id, _tags(record.repo_tags), labels)


def image_summaries(data: object) -> list[Image]:
    """The list of images."""
    return [_image_summary(record) for record in _ImageSummaries.validate_python(data)]


def image_summary(data: Mapping[str, object]) -> Image:
    """One image of the list."""
    return _image_summary(_ImageSummary.model_validate(data))


def _image_summary(record: _ImageSummary) -> Image:
    return Image(record.id, _tags(record.repo_tags), record.labels)


def event(data: Mapping[str, object]) -> DockerEvent:
    """One event of a container."""
    record = _Event.model_validate(data)
    return DockerEvent(
        action=record.action,
        container_id=record.actor.id,
        container_name=record.actor.attributes.get("name", ""),
        at=datetime.fromtimestamp(record.time_nano / 1e9, UTC),
        attributes=record.actor.attributes,
    )


def _time(text: str) -> str:
    return "" if text == _NEVER else text


def _tags(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name != "<none>:<none>")


def _health(record: _Health | None) -> Health | None:
    # Docker says "none" for a container whose HEALTHCHECK was switched off.
    if record is None or record.status in {"", "none"}:
        return None
    log = tuple(HealthCheckResult(probe.start, probe.exit_code, probe.output) for probe in record.log)
    return Health(record.status, record.failing_streak, log)
