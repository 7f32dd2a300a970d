"""How models and versions are named, and how Triton knows them.

Each version is a Triton model of its own: version 3 of `cifar10` is the Triton model `cifar10-v3`.
"""

import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError

from contract.errors import NameInvalid

MODEL_PATTERN = r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$"
MODEL_MAX_LENGTH = 40

_TRITON = re.compile(r"^(?P<model>[a-z0-9-]+)-v(?P<version>[1-9][0-9]{0,8})$", re.ASCII)
_VERSION_LIKE = re.compile(r"-v[0-9]+$")


def _not_like_a_version(name: str) -> str:
    if _VERSION_LIKE.search(name):
        raise ValueError("it ends like a version")
    return name


ModelName = Annotated[
    str, StringConstraints(pattern=MODEL_PATTERN, max_length=MODEL_MAX_LENGTH), AfterValidator(_not_like_a_version)
]

_MODEL_NAME: TypeAdapter[str] = TypeAdapter(ModelName)


class ModelVersion(NamedTuple):
    """One version of one model."""

    model: str
    version: int

    @property
    def triton_name(self) -> str:
        """The name of the Triton model and of the version's folder."""
        return f"{self.model}-v{self.version}"

    def __str__(self) -> str:
        return self.triton_name


def check_model_name(name: str) -> str:
    """Return `name`, or raise `NameInvalid`.

    A name is lower-case letters and digits in groups joined by single hyphens, begins with a letter, has at most
    40 characters, and doesn't end like a version (`-v3`). That makes it safe as a folder, a label of Kubernetes and
    a part of a URL.
    """
    try:
        return _MODEL_NAME.validate_python(name)
    except ValidationError as error:
        raise NameInvalid(
            "A model's name is lower-case letters and digits joined by single hyphens, begins with a letter, "
            f"has at most {MODEL_MAX_LENGTH} characters and doesn't end like a version."
        ) from error


def parse_triton_name(name: str) -> ModelVersion | None:
    """`cifar10-v3` → `ModelVersion("cifar10", 3)`; None for any other name."""
    match = _TRITON.fullmatch(name)
    if match is None:
        return None
    try:
        return ModelVersion(check_model_name(match["model"]), int(match["version"]))
    except NameInvalid:
        return None


def _a_version(name: str) -> str:
    if parse_triton_name(name) is None:
        raise ValueError("it names no version")
    return name


VersionName = Annotated[str, AfterValidator(_a_version)]
"""A version by its folder's name, such as `cifar10-v3`."""
