"""The messages of an image pull, folded into where the whole pull stands."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from backstaff.hosts.protocol import PullProgress

_DOWNLOADING = "Downloading"
_HAVE_ALL_BYTES = {"Verifying Checksum", "Download complete", "Extracting", "Pull complete", "Already exists"}
_DONE = {"Pull complete", "Already exists"}
_LAYER_STATUSES = {"Pulling fs layer", "Waiting", _DOWNLOADING} | _HAVE_ALL_BYTES


_MOST_LAYERS = 1_000
"""An image has at most 127: what tells of more without an end is no pull."""

_Bytes = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class _Detail(BaseModel):
    current: _Bytes = 0
    total: _Bytes = 0


class _ErrorDetail(BaseModel):
    message: str = ""


class PullMessage(BaseModel):
    """One message of Docker's stream; `failure` is the registry's or Docker's own words, if any."""

    model_config = ConfigDict(extra="ignore")

    id: str = ""
    status: str = ""
    detail: _Detail | None = Field(None, alias="progressDetail")
    error: str = ""
    error_detail: _ErrorDetail | None = Field(None, alias="errorDetail")

    @property
    def failure(self) -> str:
        """Why the pull failed; empty if this is no failure."""
        return (self.error_detail.message if self.error_detail else "") or self.error


@dataclass
class _Layer:
    current: int = 0
    total: int = 0
    done: bool = False


@dataclass
class PullTracker:
    """Adds up the layers of one pull. Bytes are those of the download, compressed."""

    _layers: dict[str, _Layer] = field(default_factory=dict)

    def update(self, message: PullMessage) -> PullProgress:
        """Take one message in and tell where the pull stands. ValueError if it tells of too many layers."""
        if message.id and message.status in _LAYER_STATUSES:
            self._update_layer(self._layers.setdefault(message.id, _Layer()), message)
        if len(self._layers) > _MOST_LAYERS:
            raise ValueError(f"it tells of more than {_MOST_LAYERS} layers of an image")
        layers = self._layers.values()
        return PullProgress(
            current=sum(layer.current for layer in layers),
            total=sum(layer.total for layer in layers),
            layers_done=sum(layer.done for layer in layers),
            layers=len(layers),
            status=f"{message.id}: {message.status}" if message.id else message.status,
        )

    @staticmethod
    def _update_layer(layer: _Layer, message: PullMessage) -> None:
        if message.status == _DOWNLOADING and message.detail:
            layer.total = max(layer.total, message.detail.total)
            layer.current = (
                min(message.detail.current, layer.total) if layer.total else message.detail.current
            )
        elif message.status in _HAVE_ALL_BYTES:
            layer.current = layer.total
        layer.done = layer.done or message.status in _DONE
