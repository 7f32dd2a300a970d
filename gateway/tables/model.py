"""What the gateway makes of a table version's card: its encoders, its scoring, what explains it."""

from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from contract.card import VersionCard
from contract.names import ModelVersion
from contract.table import Encoder
from gateway.inference import table_input
from gateway.tables.scoring import Scoring


class TableModel:
    """One version; its parts are made when they are first used, and may be used by several threads."""

    def __init__(self, card: VersionCard, folder: Path) -> None:
        self.card = card
        self.folder = folder
        """The version's folder in the repository."""
        self.schema = table_input(card)

    @cached_property
    def encoder(self) -> Encoder:
        """Encodes typed values."""
        return Encoder(self.schema)

    @cached_property
    def text_encoder(self) -> Encoder:
        """Encodes texts, as CSV has them."""
        return Encoder(self.schema, is_text=True)

    @cached_property
    def scoring(self) -> Scoring:
        """Reads its probabilities."""
        return Scoring(self.card)


class TableModels:
    """The table versions that were asked for so far."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._known: dict[ModelVersion, TableModel] = {}

    def of(self, card: VersionCard) -> TableModel:
        """The model of a card; raises `RowsNotTaken`."""
        known = self._known.get(card.name)
        if known is None or known.card is not card:
            known = self._known[card.name] = TableModel(card, self._repository / card.name.triton_name)
        return known

    def keep_only(self, served: Collection[ModelVersion]) -> None:
        """Forget versions that are not served any more."""
        self._known = {name: model for name, model in self._known.items() if name in served}
