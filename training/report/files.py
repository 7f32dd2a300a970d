"""A report as files in a folder: `report.html`, `report.json`, `plots/*.png`; the table of answers lies with them."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from contract.files import write_atomically
from contract.repository import ANSWERS, PLOTS, REPORT, REPORT_RECORD, RETRAIN
from training.report.material import Material

if TYPE_CHECKING:
    from training.report.report import Report


def write_report(report: "Report", folder: Path) -> None:
    """Write plots, record and page; replaces what an earlier, perhaps killed, attempt left."""
    shutil.rmtree(folder / PLOTS, ignore_errors=True)
    (folder / PLOTS).mkdir(parents=True)
    for part in report.parts:
        if part.image:
            write_atomically(folder / PLOTS / f"{part.name}.png", part.image)
    write_atomically(folder / REPORT_RECORD, report.record().model_dump_json(indent=2).encode())
    write_atomically(folder / REPORT, report.html())


def copy_report(run: Path, version: Path) -> None:
    """Copy a run's report and answers into a version's folder, where the run has one, and what a retrain job found."""
    if (run / RETRAIN).is_file():
        shutil.copyfile(run / RETRAIN, version / RETRAIN)
    if (run / REPORT).is_file():
        for name in (REPORT, REPORT_RECORD, ANSWERS):
            shutil.copyfile(run / name, version / name)
        shutil.copytree(run / PLOTS, version / PLOTS, copy_function=shutil.copyfile)


def complete_report(version: Path, material: Material) -> None:
    """Make a version's report where it brought none: it was trained elsewhere, or before runs had reports."""
    if not (version / REPORT).is_file():
        from training.report.report import Report  # noqa: PLC0415  seconds of imports that a publish needs rarely

        write_report(Report(material), version)
