"""What becomes of models' new versions: a YAML file that the operator writes."""

from typing import Annotated, Literal

from pydantic import Field

from contract.base import Document
from contract.policies import Policies
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


class RolloutPolicies(Policies[RolloutPolicy]):
    """Policies by model; a model that isn't named has the default one."""

    kind = "rollout"
    default = DEFAULT
