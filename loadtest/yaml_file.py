"""Files in YAML that somebody wrote by hand."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from loadtest.errors import LoadTestError

M = TypeVar("M", bound=BaseModel)


class Part(BaseModel):
    """A frozen part of such a file, which knows no other keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def read_yaml(path: Path, model: type[M], error: type[LoadTestError]) -> M:
    """What a file says; raises an `error` with the place that is wrong."""
    try:
        return model.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise error(f"{path} can't be read as YAML.") from None
    except ValidationError as found:
        first = found.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "its top"
        raise error(f"{path}: {place}: {first['msg']}.") from None
