"""Making the report of a model."""

from datetime import UTC, datetime

from training.report.material import Material
from training.report.outline import Part, Tell, make_parts, makers
from training.report.page import Page, Pairs, render
from training.report.record import ReportRecord, Statement
from training.report.words import counted, percent

LINEAGE = ("architecture", "profile", "epochs", "batch_size", "seed", "precision", "estimator", "calibration")


class Report:
    """A report, drawn."""

    def __init__(self, material: Material, tell: Tell = lambda _: None) -> None:
        self.made = datetime.now(UTC)
        self.parts: tuple[Part, ...] = make_parts(makers(material), tell)
        self._material = material

    def html(self) -> bytes:
        """The report as one HTML file of less than 3 MB."""
        return render(self._page())

    def record(self) -> ReportRecord:
        """What the report says, without its plots."""
        statements = tuple(Statement(name=p.name, title=p.title, sentence=p.sentence) for p in self.parts)
        material = self._material
        return ReportRecord(
            made=self.made,
            run=material.lineage.run,
            statements=statements,
            history=material.history,
            findings=material.findings,
        )

    def _page(self) -> Page:
        material = self._material
        return Page(
            title=material.title,
            summary=summary(material),
            figures=_figures(material),
            parts=self.parts,
            origin=(*_origin(material), ("report made", f"{self.made:%Y-%m-%d %H:%M} UTC")),
            notes=_notes(material),
        )


def summary(material: Material) -> str:
    """The report in one sentence."""
    evaluation = material.evaluation
    right, examples = round(evaluation.accuracy * evaluation.examples), f"test {material.noun}"
    return (
        f"{right:,} of {counted(evaluation.examples, examples)} of {counted(len(material.labels), 'label')} are "
        f"answered rightly: {percent(evaluation.accuracy, 2)}."
    )


def _figures(material: Material) -> Pairs:
    evaluation = material.evaluation
    area = "–" if evaluation.roc_auc is None else f"{evaluation.roc_auc:.4f}"
    binary = evaluation.binary
    ranks = (("KS", f"{binary.ks:.4f}"), ("Gini", f"{binary.gini:.4f}")) if binary else ()
    return (
        ("test accuracy", percent(evaluation.accuracy, 2)),
        ("macro F1", f"{evaluation.macro.f1:.4f}"),
        ("ROC-AUC", area),
        *ranks,
        (f"test {material.noun}s", f"{evaluation.examples:,}"),
        ("labels", f"{len(material.labels):,}"),
    )


def _origin(material: Material) -> Pairs:
    lineage = material.lineage
    parameters = ", ".join(f"{name} {lineage.parameters[name]}" for name in LINEAGE if name in lineage.parameters)
    libraries = ", ".join(f"{name} {version}" for name, version in lineage.libraries.items())
    data = ((f"SHA-256 of {split}", digest) for split, digest in lineage.data.items())
    return (
        ("run", lineage.run),
        ("data", lineage.source),
        *data,
        ("parameters", parameters),
        ("code", lineage.code),
        ("libraries", libraries),
        ("machine", lineage.machine),
    )


def _notes(material: Material) -> tuple[str, ...]:
    is_table = material.findings is not None
    missing: tuple[tuple[bool, str], ...] = (
        (not material.history and not is_table, "The training curves are missing: the run's history is not at hand."),
        (
            material.answers is None,
            f"Curves and calibration are missing: the answers to the test {material.noun}s were not kept.",
        ),
        (material.data is None and not is_table, "Sections with pictures are missing: the data were not at hand."),
    )
    return tuple(note for is_missing, note in missing if is_missing)
