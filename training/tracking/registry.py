"""MLflow's registry of models: a version there for each published one, and the aliases."""

from typing import TYPE_CHECKING

from mlflow.exceptions import MlflowException

from training.tracking.notes import Alias, Version

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

VERSION = "trireme.version"
EXISTS = "RESOURCE_ALREADY_EXISTS"
CHAMPION, CHALLENGER = "champion", "challenger"


class Registry:
    """Keeps registered models; MLflow counts versions itself, so ours are known by the tag `trireme.version`."""

    def __init__(self, client: "MlflowClient") -> None:
        self._client = client

    def add(self, version: Version, run: str, source: str) -> None:
        """Register a version, once, whose files lie at `source`.

        The first of a model becomes the champion, which stays until it is told otherwise; later ones the challenger.
        """
        name = version.run.model
        aliases = self._model(name).aliases
        found = self._find(name, version.version, run)
        if found and str(found.version) in map(str, aliases.values()):
            return
        number = str(found.version) if found else self._create(name, version, run, source)
        alias = CHALLENGER if CHAMPION in aliases else CHAMPION
        self._client.set_registered_model_alias(name, alias, number)

    def move(self, model: str, alias: Alias) -> None:
        """Let an alias be that of a version, or of none.

        A version that isn't registered, because it was published untracked, is registered where it lies; raises
        `LookupError` where that isn't known.
        """
        if not alias.version:
            if alias.name in self._model(model).aliases:
                self._client.delete_registered_model_alias(model, alias.name)
            return
        found = self._find(model, alias.version) or self._untracked(model, alias)
        self._client.set_registered_model_alias(model, alias.name, found.version)

    def _untracked(self, model: str, alias: Alias) -> "ModelVersion":
        if alias.folder is None:
            raise LookupError(f"version {alias.version} of {model!r} isn't registered there")
        self._model(model)
        tags, source = {VERSION: str(alias.version)}, alias.folder.absolute().as_uri()
        return self._client.create_model_version(model, source, tags=tags, await_creation_for=0)

    def _create(self, name: str, version: Version, run: str, source: str) -> str:
        tags = {VERSION: str(version.version), **version.run.tags}
        made = self._client.create_model_version(name, source, run, tags=tags, await_creation_for=0)
        return str(made.version)

    def _model(self, name: str) -> "RegisteredModel":
        try:
            return self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != EXISTS:
                raise
        return self._client.get_registered_model(name)

    def _find(self, name: str, version: int, run: str | None = None) -> "ModelVersion | None":
        """The newest that is our version, of this run if one is given."""
        found = self._client.search_model_versions(f"name = '{name}' and tags.`{VERSION}` = '{version}'")
        ours = [made for made in found if run in {None, made.run_id}]
        return max(ours, key=lambda made: int(made.version), default=None)
