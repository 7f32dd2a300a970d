"""Which sections a report has, in which order; and making them so that one that fails costs only itself."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType

from training.report import style
from training.report.material import Material
from training.report.section import Section, Table
from training.report.sections import (
    bands,
    calibration,
    challenge,
    classes,
    confusion,
    curves,
    distribution,
    gains,
    importance,
    intensities,
    missing,
    mistakes,
    precision_recall,
    probability,
    ranges,
    roc,
    samples,
    scores,
    tries,
    twins,
)

Tell = Callable[[str], None]
Maker = Callable[[], Section | None]


@dataclass(frozen=True)
class Part:
    """A section as a page shows it."""

    name: str
    title: str
    sentence: str
    image: bytes | None = None
    """The plot as PNG."""
    table: Table | None = None


MODEL = (challenge, curves, confusion, classes, roc, precision_recall, calibration, mistakes)
DATA = (distribution, samples, intensities, twins)
TABLE = (challenge, tries, confusion, classes, roc, precision_recall, scores, gains, bands, importance)
TABLE_DATA = (distribution, missing, ranges)


def makers(material: Material) -> Iterator[tuple[str, Maker]]:
    """Each section's name and what makes it."""
    for module in _modules(material):
        yield module.__name__.rpartition(".")[2], lambda module=module: module.section(material)  # type: ignore[misc]


def _modules(material: Material) -> Iterable[ModuleType]:
    if material.findings is None:
        return (*MODEL, *DATA)
    # With two labels, the probability of one of them is what must be right; with more, the confidence of the answer.
    return (*TABLE, probability if len(material.labels) == 2 else calibration, *TABLE_DATA)


def make_parts(sections: Iterable[tuple[str, Maker]], tell: Tell) -> tuple[Part, ...]:
    """Make and draw the sections one after the other; one that fails is told of and left out."""
    made = (_make(name, maker, tell) for name, maker in sections)
    return tuple(part for part in made if part is not None)


def _make(name: str, maker: Maker, tell: Tell) -> Part | None:
    try:
        section = maker()
        if section is None:
            return None
        image = style.png(section.draw) if section.draw else None
    except Exception as error:  # noqa: BLE001  a plot that fails, for whatever reason, must not cost a training run
        tell(f"The section {name} of the report can't be made ({type(error).__name__}).")
        return None
    return Part(section.name, section.title, section.sentence, image, section.table)
