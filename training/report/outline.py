"""Which sections a report has, in which order; and making them so that one that fails costs only itself."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from training.report import style
from training.report.material import Material
from training.report.section import Section, Table
from training.report.sections import (
    calibration,
    classes,
    confusion,
    curves,
    distribution,
    intensities,
    mistakes,
    precision_recall,
    roc,
    samples,
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


MODEL = (curves, confusion, classes, roc, precision_recall, calibration, mistakes)
DATA = (distribution, samples, intensities, twins)


def makers(material: Material) -> Iterator[tuple[str, Maker]]:
    """Each section's name and what makes it."""
    for module in (*MODEL, *DATA):
        yield module.__name__.rpartition(".")[2], lambda module=module: module.section(material)  # type: ignore[misc]


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
