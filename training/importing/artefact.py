"""An artefact, once it was found safe."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from onnx import ModelProto

from contract.digests import file_digest
from training.importing.original import Original


@dataclass(frozen=True)
class Artefact:
    """A model that was trained elsewhere."""

    original: Original
    digest: str
    """SHA-256; see `artefact_digest`."""
    model: ModelProto
    """The same in ONNX, in the operator set that is served, with all weights inside."""


def artefact_digest(folder: Path, files: Iterable[Path], known: Mapping[str, str] | None = None) -> str:
    """SHA-256 of the one file, or of the lines that `sha256sum` prints for several, sorted by name.

    Names are relative to `folder`; digests in `known` aren't made again.
    """
    names = sorted({*(path.relative_to(folder).as_posix() for path in files), *(known or {})})
    digests = {name: (known or {}).get(name) or file_digest(folder / name) for name in names}
    if len(digests) == 1:
        return next(iter(digests.values()))
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()).hexdigest()
