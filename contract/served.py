"""`served.json`: the versions that the embedded server must hold, and which of them is stable.

Written by the code that decides (`trireme serve`), obeyed by the model server's supervisor, read by the gateway.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, PositiveInt, ValidationError, model_validator

from contract.base import Document
from contract.errors import StateInvalid
from contract.files import write_atomically
from contract.names import ModelName, ModelVersion


class ServedModel(Document):
    """The served versions of one model."""

    stable: PositiveInt
    """The version that answers when a caller names none."""
    versions: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _stable_is_served(self) -> Self:
        if self.stable not in self.versions:
            raise ValueError("the stable version is not among the served ones")
        return self


class Served(Document):
    """What is served."""

    models: dict[ModelName, ServedModel] = Field(default_factory=dict)

    def names(self) -> set[ModelVersion]:
        """Every served version."""
        return {ModelVersion(name, version) for name, model in self.models.items() for version in model.versions}

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file, empty where there is none; raises `StateInvalid`."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return cls()
        except ValidationError as error:
            raise StateInvalid from error

    def write(self, path: Path) -> None:
        """Replace the file in one step, so that a reader sees the old list or the new one."""
        write_atomically(path, self.model_dump_json(indent=2).encode())
