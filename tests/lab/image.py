"""Docker images made without Docker: from files to what `docker load` and a registry take."""

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property


@dataclass(frozen=True)
class Entry:
    """One file, directory (`content` None) or symbolic link (`link_to`) of a layer."""

    content: bytes | None = None
    mode: int = 0o755
    owner: int = 0
    link_to: str = ""


@dataclass(frozen=True)
class Layer:
    """A layer, gzipped, and the digest of what was zipped."""

    compressed: bytes
    diff_id: str

    @classmethod
    def of(cls, entries: dict[str, Entry]) -> "Layer":
        """Pack files by path; the same files give the same bytes."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for path, entry in entries.items():
                _add(archive, path, entry)
        plain = buffer.getvalue()
        return cls(gzip.compress(plain, compresslevel=6, mtime=0), digest(plain))


@dataclass(frozen=True)
class Image:
    """Layers, and how a container of them is run: `config` as in the image specification."""

    layers: tuple[Layer, ...]
    config: dict[str, object] = field(default_factory=dict)
    created: datetime = datetime(2025, 1, 1, tzinfo=UTC)

    @cached_property
    def config_json(self) -> bytes:
        """The image's configuration file: its digest is the image's id."""
        return _json(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": self.created.isoformat(),
                "config": self.config,
                "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in self.layers]},
                "history": [{"created_by": "tests/lab"} for _ in self.layers],
            }
        )

    def manifest_json(self) -> bytes:
        """The manifest that a registry keeps."""
        return _json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": _descriptor("application/vnd.docker.container.image.v1+json", self.config_json),
                "layers": [
                    _descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", layer.compressed)
                    for layer in self.layers
                ],
            }
        )

    def archive(self, tag: str) -> bytes:
        """What `docker load` takes, as `docker save` makes it."""
        names = [f"{layer.diff_id.removeprefix('sha256:')}.tar" for layer in self.layers]
        entries = {name: Entry(layer.compressed) for name, layer in zip(names, self.layers, strict=True)}
        entries["config.json"] = Entry(self.config_json)
        entries["manifest.json"] = Entry(
            _json([{"Config": "config.json", "RepoTags": [tag], "Layers": names}])
        )
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, entry in entries.items():
                _add(archive, path, entry)
        return buffer.getvalue()


MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def digest(content: bytes) -> str:
    """The name of a blob in a registry."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _descriptor(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "size": len(content), "digest": digest(content)}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _add(archive: tarfile.TarFile, path: str, entry: Entry) -> None:
    info = tarfile.TarInfo(path)
    info.mode, info.uid, info.gid = entry.mode, entry.owner, entry.owner
    if entry.link_to:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link_to
    elif entry.content is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = len(entry.content)
    archive.addfile(info, io.BytesIO(entry.content or b""))
