"""What becomes of models' new versions: a YAML file that the operator writes."""

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, ValidationError

from contract.base import Document
from contract.errors import PoliciesInvalid
from contract.names import ModelName
from gateway.judge.policy import JudgePolicy
from gateway.rollout.actions import Action, Canary, Promote, Shadow


class RolloutPolicy(Document):
    """What becomes of one model's new versions once they are proven."""

    start: Literal["promote", "canary", "shadow", "wait"] = "promote"
    """`promote`: it becomes stable. `canary`: it gets `weight` percent. `shadow`: it answers copies of requests.
    `wait`: a person decides."""
    weight: Annotated[int, Field(ge=1, le=99)] = 10
    """Percent that a new version starts with, with `canary`."""
    judge: JudgePolicy | None = None
    """By what running canaries are promoted or rolled back; None: people decide."""

    def action(self, version: int) -> Action | None:
        """What is to be done with a proven candidate."""
        actions: dict[str, Action] = {
            "promote": Promote(version),
            "canary": Canary(version, self.weight),
            "shadow": Shadow(version),
        }
        return actions.get(self.start)


DEFAULT = RolloutPolicy()


class RolloutPolicies(Document):
    """Policies by model; a model that isn't named has the default one."""

    models: dict[ModelName, RolloutPolicy] = Field(default_factory=dict)

    def of(self, model: str) -> RolloutPolicy:
        """The policy of a model."""
        return self.models.get(model, DEFAULT)

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """Read the file; no policies where there is none. Raises `PoliciesInvalid`, which names the first place."""
        if path is None:
            return cls()
        try:
            return cls.model_validate(yaml.safe_load(path.read_text()) or {})
        except OSError:
            raise PoliciesInvalid("The file of rollout policies can't be read.") from None
        except yaml.YAMLError:
            raise PoliciesInvalid("The file of rollout policies is not YAML.") from None
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "its top level"
            raise PoliciesInvalid(f"The file of rollout policies is wrong at {place}.") from None
