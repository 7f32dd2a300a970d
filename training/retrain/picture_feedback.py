"""Past predictions of pictures that callers told the true label of, where the picture itself was uploaded.

The prediction log keeps the digest of a picture's file; the store of uploaded examples names each picture by the same.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy.exc import SQLAlchemyError

from contract.examples.batch import Batch, Picture
from training.feedback import latest_feedback
from training.publish.publisher import readable_cards
from training.retrain.database import open_engine
from training.retrain.work import Office

MOST_PICTURES = 2_000
"""Of those with the latest feedback."""
UNREADABLE = "The prediction log can't be read."
NOBODY = "Nobody has told the true label of a logged picture."
NOT_UPLOADED = (
    "The prediction log keeps digests of pictures, not the pictures, and none of those with feedback is among the "
    "uploaded ones."
)
LEARNED = "The pictures with feedback that were uploaded were all learned from."


@dataclass(frozen=True)
class PictureFeedback:
    """Pictures with the label that was told, newest feedback first, or why there are none."""

    pictures: tuple[Picture, ...]
    lack: str = ""


def read_picture_feedback(office: Office, model: str, labels: Collection[str], own: Sequence[Batch]) -> PictureFeedback:
    """What was told of a model's pictures that lie in a batch in effect and that none of its versions learned from.

    `own` are the batches that the challenger learns from; those of published versions are looked up.
    Raises what the store of examples raises.
    """
    engine = open_engine(office.settings.database.get_secret_value())
    try:
        told = latest_feedback(engine, model, "picture", "input_digest")
    except SQLAlchemyError:
        return PictureFeedback((), UNREADABLE)
    finally:
        engine.dispose()
    if not told:
        return PictureFeedback((), NOBODY)
    uploaded = _digests(office.examples.in_effect())
    found = [Picture(digest=digest, label=label) for digest, label in told if digest in uploaded and label in labels]
    learned = _digests(_learned(office, model, own)) if found else set()
    return _chosen(found, learned)


def _chosen(found: Sequence[Picture], learned: Collection[str]) -> PictureFeedback:
    if not found:
        return PictureFeedback((), NOT_UPLOADED)
    fresh = _newest(picture for picture in found if picture.digest not in learned)
    chosen = tuple(islice(fresh, MOST_PICTURES))
    return PictureFeedback(chosen, "" if chosen else LEARNED)


def _newest(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Each picture once: of several predictions of it, what was told last counts."""
    seen: set[str] = set()
    for picture in pictures:
        if picture.digest not in seen:
            yield picture
        seen.add(picture.digest)


def _learned(office: Office, model: str, own: Sequence[Batch]) -> Iterator[Batch]:
    yield from own
    known = {batch for card in readable_cards(office.repository, model) for batch in card.lineage.batches}
    yield from office.examples.ever(sorted(known - {batch.id for batch in own}))


def _digests(batches: Iterable[Batch]) -> set[str]:
    return {picture.digest for batch in batches for picture in batch.pictures}
