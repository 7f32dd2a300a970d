"""What the gateway knows of models at one moment, and which version answers a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from contract.card import VersionCard
from contract.errors import ModelUnknown, VersionUnknown
from contract.names import check_model_name
from gateway.errors import ModelNotServed, VersionNotServed
from gateway.rollout.splitting import is_canarys
from gateway.rollout.traffic import Traffic, VersionTraffic


@dataclass(frozen=True)
class Model:
    """One model: the cards of all its readable versions, and which of them are served."""

    name: str
    cards: Mapping[int, VersionCard]
    served: tuple[int, ...]
    """Served versions whose card can be read, lowest first."""
    stable: int | None
    """The version for callers that name none; None where there is none, or its card can't be read."""
    announced: bool
    """Whether the list of served versions names this model."""
    canary: int | None = None
    """The version that answers `canary_weight` percent of the callers that name none."""
    canary_weight: int = 0
    shadow: int | None = None
    """The version that answers copies of requests."""

    def under(self, traffic: Traffic) -> Self:
        """The same model with the weights of its traffic, as far as its versions are served here."""
        canary = self._if_served(traffic.canary)
        return replace(
            self,
            stable=self._if_served(traffic.stable) or self.stable,
            canary=canary,
            canary_weight=traffic.canary.weight if traffic.canary is not None and canary is not None else 0,
            shadow=self._if_served(traffic.shadow),
        )

    def choose(self, version: int | None) -> VersionCard:
        """The card of the version that answers, the stable one where none is named.

        Raises `VersionUnknown`, `VersionNotServed` or `ModelNotServed`.
        """
        if version is None:
            if self.stable is None:
                raise ModelNotServed(f"No version of model {self.name!r} is served at the moment.")
            return self.cards[self.stable]
        card = self.card(version)
        if version not in self.served:
            raise VersionNotServed(f"Version {version} of model {self.name!r} is not served; {self._served_ones()}.")
        return card

    def choose_for(self, version: int | None, key: str | None) -> VersionCard:
        """The same for a request with a key: where it names no version, the canary answers its share of the keys."""
        if version is None and self.canary is not None and is_canarys(self.name, key, self.canary_weight):
            return self.cards[self.canary]
        return self.choose(version)

    def card(self, version: int) -> VersionCard:
        """The card of any published version; raises `VersionUnknown`."""
        if version not in self.cards:
            raise VersionUnknown(f"Model {self.name!r} has no version {version}.")
        return self.cards[version]

    def representative(self) -> VersionCard:
        """The card that describes the model: the stable version's, else the highest version's."""
        return self.cards[max(self.cards) if self.stable is None else self.stable]

    def _if_served(self, found: VersionTraffic | None) -> int | None:
        return found.version if found is not None and found.version in self.served else None

    def _served_ones(self) -> str:
        return f"served: {', '.join(map(str, self.served))}" if self.served else "no version is"


@dataclass(frozen=True)
class Catalogue:
    """Every model with at least one readable card, and every model that should be served."""

    models: Mapping[str, Model] = field(default_factory=dict)

    def model(self, name: str) -> Model:
        """One model; raises `NameInvalid` or `ModelUnknown`."""
        model = self.models.get(check_model_name(name))
        if model is None or not model.cards:
            raise ModelUnknown(f"There is no model {name!r}.")
        return model

    def under(self, traffic: Mapping[str, Traffic]) -> "Catalogue":
        """The same models with the weights of their traffic; one without keeps what the list of served ones says."""
        models = self.models.items()
        return Catalogue({name: model.under(traffic[name]) if name in traffic else model for name, model in models})

    def published(self) -> list[Model]:
        """The models that can be shown, sorted by name."""
        return [model for _, model in sorted(self.models.items()) if model.cards]

    def served_cards(self) -> list[VersionCard]:
        """The cards of all served versions."""
        return [model.cards[version] for model in self.published() for version in model.served]

    def published_cards(self) -> list[VersionCard]:
        """The cards of all versions."""
        return [card for model in self.published() for card in model.cards.values()]

    def announced(self) -> list[Model]:
        """The models that should answer, sorted by name; one whose stable version can't be read is among them."""
        return [model for _, model in sorted(self.models.items()) if model.announced]
