"""Uploaded examples, as a job reads them: what is in effect, and every object checked against its digest."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore
from pydantic import ValidationError

from contract.examples.batch import Batch, Use, batch_path, object_path, withdrawal_path
from contract.store import NO_BUCKET, open_store
from training.data.storage import storage_errors
from training.retrain.errors import ExamplesDamaged, ExamplesMissing, ExamplesUnreachable
from training.settings import TrainingSettings

UNREACHABLE = "The store of uploaded examples doesn't answer, refuses the job, or its bucket is gone."


class ExampleReader:
    """One model's uploaded examples. Connects when it is used; raises `ExamplesUnreachable` where that fails."""

    def __init__(self, store: ObjectStore, model: str) -> None:
        self._store = store
        self._model = model

    @classmethod
    def of(cls, settings: TrainingSettings, model: str) -> "ExampleReader":
        """The reader of the store that the settings name; raises `StorageFailed`, or `ExamplesUnreachable`."""
        with _reached(), storage_errors(settings.runs_dir):
            return cls(open_store(settings.examples, endpoint=settings.examples_endpoint), model)

    def batches(self, ids: Iterable[str]) -> tuple[list[Batch], list[str]]:
        """The batches of these ids that are in effect, in their order, and the ids of those that were withdrawn.

        Raises `ExamplesMissing` where there is no such batch, and `ExamplesDamaged`.
        """
        wanted = list(ids)
        withdrawn = [batch for batch in wanted if self._is_withdrawn(batch)]
        return [self._manifest(batch) for batch in wanted if batch not in withdrawn], withdrawn

    def in_effect(self, use: Use | None = None) -> list[Batch]:
        """All batches for a use, or for any, oldest first."""
        with _reached():
            stored = [
                str(meta["path"]) for chunk in obstore.list(self._store, f"{self._model}/batches") for meta in chunk
            ]
        batches, _ = self.batches(sorted(PurePosixPath(path).stem for path in stored if path.endswith(".json")))
        return [batch for batch in batches if use in {None, batch.use}]

    def ever(self, ids: Iterable[str]) -> list[Batch]:
        """The batches of these ids, withdrawn ones too, but for those that were erased."""
        found = (self._manifest_or_none(batch) for batch in ids)
        return [batch for batch in found if batch is not None]

    def object(self, digest: str) -> bytes:
        """A picture's file, or a batch's rows as Parquet; raises `ExamplesMissing` or `ExamplesDamaged`."""
        content = self._get(object_path(self._model, digest))
        if content is None:
            raise ExamplesMissing(f"The uploaded object {digest[:12]}… is missing from the store.")
        if hashlib.sha256(content).hexdigest() != digest:
            raise ExamplesDamaged(f"The uploaded object {digest[:12]}… is damaged: its content has another digest.")
        return content

    def _is_withdrawn(self, batch: str) -> bool:
        try:
            with _reached():
                obstore.head(self._store, withdrawal_path(self._model, batch))
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def _manifest(self, batch: str) -> Batch:
        found = self._manifest_or_none(batch)
        if found is None:
            raise ExamplesMissing(f"The batch {batch} of uploaded examples is missing from the store.")
        return found

    def _manifest_or_none(self, batch: str) -> Batch | None:
        content = self._get(batch_path(self._model, batch))
        try:
            return None if content is None else Batch.model_validate_json(content)
        except ValidationError:
            raise ExamplesDamaged(f"The manifest of the batch {batch} of uploaded examples is damaged.") from None

    def _get(self, path: str) -> bytes | None:
        try:
            with _reached():
                return bytes(obstore.get(self._store, path).bytes())
        except (NotFoundError, FileNotFoundError) as error:
            if NO_BUCKET in str(error):
                raise ExamplesUnreachable(UNREACHABLE) from None
            return None


@contextmanager
def _reached() -> Iterator[None]:
    """Turn what the store says, which may hold addresses and secrets, into one sentence."""
    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise
    except (BaseError, OSError, ValueError):
        raise ExamplesUnreachable(UNREACHABLE) from None
