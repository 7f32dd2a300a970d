"""What the embedded server refuses to run, checked before each load.

A `config.pbtxt` can name any backend and programs to run, its file name reaches a shell, and Triton prefers a stub that
lies in a model's folder to its own. Digests in the card beside them don't help against someone who writes both.
"""

import re
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from contract.repository import CONFIG, CONFIGS
from contract.triton import BACKEND_PARAMETERS
from modelserver.errors import ConfigRefused

STUB = "triton_python_backend_stub"

_FILE_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


def check_config(folder: Path) -> None:
    """Raise `ConfigRefused` unless the version in `folder` asks only for what the embedded server gives.

    That goes for its `config.pbtxt` and for those that it has for kinds of machines.
    """
    for path in (folder / CONFIG, *sorted((folder / CONFIGS).glob("*"))):
        _check(_parse(path, folder.name), folder.name)
    if any(path.name == STUB for path in folder.rglob("*")):
        raise ConfigRefused(f"{folder.name} brings a program of its own.")


def _check(config: pb.ModelConfig, name: str) -> None:
    if config.name not in {"", name}:
        raise ConfigRefused(f"The configuration of {name} names another model.")
    if config.backend not in BACKEND_PARAMETERS:
        raise ConfigRefused(f"The configuration of {name} asks for a backend that isn't served: {config.backend!r}.")
    unknown = sorted(set(config.parameters) - BACKEND_PARAMETERS[config.backend])
    if unknown:
        raise ConfigRefused(f"The configuration of {name} has an unknown parameter: {unknown[0]!r}.")
    if not _FILE_NAME.fullmatch(config.default_model_filename):
        raise ConfigRefused(f"The configuration of {name} has no plain default_model_filename.")
    if config.runtime:
        raise ConfigRefused(f"{name} brings a program of its own.")


def _parse(path: Path, name: str) -> pb.ModelConfig:
    try:
        return text_format.Parse(path.read_text(), pb.ModelConfig())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise ConfigRefused(f"The configuration of {name} is missing or isn't a Triton model configuration.") from error
