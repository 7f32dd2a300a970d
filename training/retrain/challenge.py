"""Champion and challenger on the same examples, over the same path: both in one real server."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from contract.card import VersionCard
from contract.examples.batch import Batch, Picture
from contract.inputs import ImageInput
from contract.jobs.documents import Comparison
from contract.picture import to_tensor
from contract.repository import ONNX_MODEL, ModelRepository
from training.data.dataset import DataSet, Split, picture_hash
from training.engines.served import Tensors
from training.evaluation import answers as answered
from training.report.comparison.paired import Mask
from training.report.comparison.verdict import TEST, Verdict, compare
from training.retrain.arena import Arena, Contender, arena
from training.retrain.picture_feedback import LEARNED, PictureFeedback
from training.retrain.uploads import PictureStore

CHAMPION, CHALLENGER = "champion", "challenger"
FEEDBACK = "feedback"
MOST_BATCHES = 20
"""Of evaluation data, the newest ones, that versions are compared on."""
TOO_MANY = f"only the {MOST_BATCHES} newest batches of evaluation data are compared on."
NOTHING = "none of its pictures could be used."


class Exam(Protocol):
    """Labelled examples that both contenders are asked about."""

    @property
    def truth(self) -> Sequence[str]:
        """The true labels."""

    def tensors(self, contender: Contender) -> Tensors:
        """The examples as a contender takes them."""


@dataclass(frozen=True)
class PictureExam:
    """Pictures of a split, in the preprocessing of each contender."""

    split: Split
    labels: tuple[str, ...]
    schema: ImageInput
    """Of the split's own tensors."""

    @property
    def truth(self) -> Sequence[str]:
        """As `Exam` says."""
        return [self.labels[number] for number in self.split.labels]

    def tensors(self, contender: Contender) -> Tensors:
        """As `Exam` says; raises `PictureError` where another preprocessing can't read a picture, and `OSError`."""
        schema = contender.schema
        if not isinstance(schema, ImageInput) or _preprocessing(schema) == _preprocessing(self.schema):
            return self.split.images
        return np.stack([to_tensor(self.split.body(index), schema) for index in range(len(self.split))])


def _preprocessing(schema: ImageInput) -> dict[str, Any]:
    return schema.model_dump(exclude={"tensor"})


def champion_of(repository: ModelRepository, card: VersionCard) -> Contender:
    """A published version as a contender; its files are checked, which may raise `VersionDamaged`."""
    repository.verify(card.name)
    graph = repository.folder(card.name) / ONNX_MODEL
    return Contender(graph, card.input, card.output, card.decision, batch=card.engine.max_batch_size)


def right(running: Arena, name: str, exam: Exam) -> Mask:
    """Whether the contender of that name is right about each example, bool [n]; by its decision where it has one."""
    contender = running.contenders[name]
    labels = contender.output.labels
    numbers = answered(labels, running.answers(name, exam.tensors(contender)), contender.decision)
    return np.asarray(np.array([labels[number] for number in numbers]) == np.array(exam.truth))


def contest(running: Arena, data: str, exam: Exam) -> Comparison:
    """Both contenders compared on the same examples."""
    champion, challenger = (right(running, name, exam) for name in (CHAMPION, CHALLENGER))
    return compare(data, champion, challenger)


@dataclass(frozen=True)
class Challenge:
    """A retrained model of pictures against the version that serves."""

    repository: ModelRepository
    champion: VersionCard
    store: PictureStore
    evaluation: Sequence[Batch]
    """Batches of uploaded evaluation data in effect, oldest first."""
    max_loss_points: float
    told: Callable[[], PictureFeedback]
    """Looks up what callers told about past predictions."""
    check: Callable[[], None] = lambda: None
    """Raises where the job has to stop; called between two comparisons."""

    def judge(self, challenger: Contender, data: DataSet, folder: Path) -> Verdict:
        """Compare both on the data's test split, on feedback and on uploaded evaluation data, with files in `folder`.

        Raises what `champion_of`, `arena`, `told` and `PictureStore.split` raise.
        """
        contenders = {CHAMPION: champion_of(self.repository, self.champion), CHALLENGER: challenger}
        missing = {_name(batch): TOO_MANY for batch in self.evaluation[:-MOST_BATCHES]}
        comparisons = []
        with arena(folder, **contenders) as running:
            for name, exam, lack in self._exams(data):
                self.check()
                if len(exam.split):
                    comparisons.append(contest(running, name, exam))
                else:
                    missing[name] = lack
        return Verdict(self.champion.version, self.max_loss_points, tuple(comparisons), missing)

    def _exams(self, data: DataSet) -> Iterator[tuple[str, PictureExam, str]]:
        """What to compare on: the name, the examples, and what is said where there are none."""
        yield TEST, PictureExam(data.test, data.labels, data.input), NOTHING
        feedback = self.told()
        exam = self._exam(feedback.pictures, data)
        yield FEEDBACK, _without(exam, data.train), feedback.lack or LEARNED
        for batch in self.evaluation[-MOST_BATCHES:]:
            yield _name(batch), self._exam(batch.pictures, data), NOTHING

    def _exam(self, pictures: Sequence[Picture], data: DataSet) -> PictureExam:
        known = [picture for picture in pictures if picture.label in data.labels]
        split, _ = self.store.split(known, data.labels, data.input)
        return PictureExam(split, data.labels, data.input)


def _without(exam: PictureExam, learned: Split) -> PictureExam:
    """An exam without the pictures that are the same, as tensors, as one that was learned from."""
    hashes = {picture_hash(image) for image in learned.images} if len(exam.split) else set()
    fresh = [place for place, image in enumerate(exam.split.images) if picture_hash(image) not in hashes]
    return replace(exam, split=exam.split.take(np.array(fresh, np.int64)))


def _name(batch: Batch) -> str:
    return f"batch:{batch.id}"
