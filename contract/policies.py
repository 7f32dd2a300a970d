"""Files of policies by model, which the operator writes in YAML. Needs PyYAML."""

from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import yaml
from pydantic import Field, ValidationError

from contract.base import Document
from contract.errors import PoliciesInvalid
from contract.names import ModelName

P = TypeVar("P", bound=Document)


class Policies(Document, Generic[P]):
    """Policies by model; subclasses say what a policy is, of which kind they are, and what a model without one has."""

    kind: ClassVar[str]
    """For people: `retrain`, `rollout`."""
    default: ClassVar[Any]
    """A policy; a class variable can't have the type parameter's type."""

    models: dict[ModelName, P] = Field(default_factory=dict)

    def of(self, model: str) -> P:
        """The policy of a model; the default one where it isn't named."""
        found: P = self.models.get(model, self.default)
        return found

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """Read the file; no policies where there is none. Raises `PoliciesInvalid`, which names the first place."""
        if path is None:
            return cls()
        try:
            return cls.model_validate(yaml.safe_load(path.read_text()) or {})
        except OSError:
            raise PoliciesInvalid(f"The file of {cls.kind} policies can't be read.") from None
        except yaml.YAMLError:
            raise PoliciesInvalid(f"The file of {cls.kind} policies is not YAML.") from None
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "its top level"
            raise PoliciesInvalid(f"The file of {cls.kind} policies is wrong at {place}.") from None
