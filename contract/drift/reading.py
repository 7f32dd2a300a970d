"""Reading a version's reference from its folder."""

from pathlib import Path

from contract.card import IMPORT, VersionCard
from contract.digests import file_digest
from contract.drift.reference import Reference
from contract.errors import ReferenceMissing, VersionDamaged

FEW = "it was imported with too few examples, or before imports made references; import it anew with at least 200"
OLD = "it was published before there were references; publish or retrain it anew"


def reference_file(card: VersionCard) -> str:
    """The reference's name in a version's folder; raises `ReferenceMissing` where it was published without one."""
    if card.reference is None:
        why = FEW if card.lineage.source == IMPORT else OLD
        raise ReferenceMissing(f"Version {card.version} of model {card.model!r} has no reference: {why}.")
    return card.reference.file


def read_reference(root: Path, card: VersionCard) -> Reference:
    """A version's reference, from the model repository at `root`; raises `ReferenceMissing` or `VersionDamaged`."""
    file = reference_file(card)
    path = root / card.name.triton_name / file
    try:
        digest = file_digest(path)
    except OSError:
        raise ReferenceMissing("The version's reference isn't in the model repository here.") from None
    if digest != card.files[file]:
        raise VersionDamaged("The version's reference differs from its card.")
    return Reference.read(path)
