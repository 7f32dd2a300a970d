"""The model repository, as readers see it. Writing is `training.publish`'s."""

from collections.abc import Iterator
from pathlib import Path

from contract.card import VersionCard
from contract.digests import check_digests
from contract.errors import CardInvalid, ModelUnknown, NameInvalid, VersionDamaged, VersionUnknown
from contract.names import ModelVersion, check_model_name, parse_triton_name

CARD = "card.json"
CONFIG = "config.pbtxt"
CONFIGS = "configs"
"""Folder of configurations for kinds of machines, `<target name>.pbtxt`; Triton takes one by `--model-config-name`."""
LABELS = "labels.txt"
GOLDEN = "golden.parquet"
ONNX_MODEL = "1/model.onnx"
INT8_ONNX_MODEL = "1/model.int8.onnx"
OPENVINO_MODEL = "1/model.xml"
"""OpenVINO's own form; its weights lie beside it in `model.bin`."""
SAVED_MODEL = "1/model.savedmodel"
REPORT = "report.html"
REPORT_RECORD = "report.json"
PLOTS = "plots"
ANSWERS = "answers.parquet"
RETRAIN = "retrain.json"
"""What the retrain job found that made the version: a `contract.jobs.documents.RetrainResult`."""


class ModelRepository:
    """A folder of version folders (`cifar10-v3/`), which is Triton's model repository at the same time.

    A folder without a card does not exist, and neither does one whose card names another version.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def all_versions(self) -> list[ModelVersion]:
        """Every version of every model, sorted."""
        return sorted(self._scan())

    def models(self) -> list[str]:
        """The names of all models, sorted."""
        return sorted({name.model for name in self._scan()})

    def versions(self, model: str) -> list[int]:
        """The versions of a model, lowest first; empty where there is no such model."""
        return sorted(name.version for name in self._scan() if name.model == model)

    def latest(self, model: str) -> ModelVersion:
        """The highest version of a model; raises `ModelUnknown`."""
        versions = self.versions(check_model_name(model))
        if not versions:
            raise ModelUnknown(f"There is no model {model!r}.")
        return ModelVersion(model, versions[-1])

    def named(self, text: str) -> ModelVersion:
        """The version that `cifar10:3` names, or the newest of `cifar10`; raises `NameInvalid` or `ModelUnknown`."""
        model, colon, version = text.partition(":")
        if not colon:
            return self.latest(model)
        if not version.isascii() or not version.isdecimal() or int(version) < 1:
            raise NameInvalid(f"{version!r} is not the number of a version.")
        return ModelVersion(model, int(version))

    def folder(self, name: ModelVersion) -> Path:
        """Where a version lies (or would lie)."""
        return self.root / name.triton_name

    def card(self, name: ModelVersion) -> VersionCard:
        """Read a version's card; raises `ModelUnknown`, `VersionUnknown` or `CardInvalid`."""
        check_model_name(name.model)
        try:
            card = VersionCard.parse((self.folder(name) / CARD).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            self.latest(name.model)
            raise VersionUnknown(f"Model {name.model!r} has no version {name.version}.") from None
        if card.name != name:
            raise CardInvalid(f"The card of {name} names another version.")
        return card

    def verify(self, name: ModelVersion) -> VersionCard:
        """Read a version's card and check every file against it; raises `VersionDamaged` besides `card`'s errors."""
        card = self.card(name)
        try:
            check_digests(self.folder(name), card.files, leave_out=frozenset({CARD}))
        except OSError as error:
            raise VersionDamaged(f"The files of {name} can't be read.") from error
        return card

    def _scan(self) -> Iterator[ModelVersion]:
        for path in self.root.iterdir() if self.root.is_dir() else ():
            name = parse_triton_name(path.name)
            if name is not None and (path / CARD).is_file():
                yield name
