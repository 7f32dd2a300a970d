"""What the gateway makes of a table version's card: its encoders, its scoring, what explains it."""

from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from contract.card import VersionCard
from contract.digests import file_digest
from contract.errors import VersionDamaged
from contract.explaining.explanation import Explainer
from contract.names import ModelVersion
from contract.sql.runner import SqlRunner
from contract.sql.sandbox import SqlLimits
from contract.table import Encoder
from gateway.errors import ExplanationsMissing, RawTablesNotTaken
from gateway.inference import table_input
from gateway.tables.scoring import Scoring


class TableModel:
    """One version; its parts are made when they are first used, and may be used by several threads."""

    def __init__(self, card: VersionCard, folder: Path, sql_limits: SqlLimits) -> None:
        self.card = card
        self._sql_limits = sql_limits
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

    @cached_property
    def sql(self) -> SqlRunner:
        """Turns raw tables into rows; raises `RawTablesNotTaken` or `SqlInvalid`."""
        if self.schema.sql is None:
            raise RawTablesNotTaken(f"Version {self.card.version} of model {self.card.model!r} takes no raw tables.")
        return SqlRunner(self.schema, self._sql_limits)

    @cached_property
    def explainer(self) -> Explainer:
        """Explains its predictions; raises `ExplanationsMissing` or `VersionDamaged`."""
        explanation = self.card.explanation
        if explanation is None:
            raise ExplanationsMissing
        path = self.folder / explanation.file
        if not path.is_file():
            raise ExplanationsMissing("What explains the version's predictions isn't on this gateway.")
        if file_digest(path) != self.card.files[explanation.file]:
            raise VersionDamaged("What explains the version's predictions differs from its card.")
        return Explainer.read(path)


class TableModels:
    """The table versions that were asked for so far."""

    def __init__(self, repository: Path, sql_limits: SqlLimits) -> None:
        self._repository = repository
        self._sql_limits = sql_limits
        self._known: dict[ModelVersion, TableModel] = {}

    def of(self, card: VersionCard) -> TableModel:
        """The model of a card; raises `RowsNotTaken`."""
        known = self._known.get(card.name)
        if known is None or known.card is not card:
            known = self._known[card.name] = TableModel(
                card, self._repository / card.name.triton_name, self._sql_limits
            )
        return known

    def keep_only(self, served: Collection[ModelVersion]) -> None:
        """Forget versions that are not served any more."""
        self._known = {name: model for name, model in self._known.items() if name in served}
