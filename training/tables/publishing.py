"""Publishing a table run as the next version of its model."""

import shutil
from functools import partial
from pathlib import Path

import onnx

from contract.card import FEATURES
from contract.drift.reference import REFERENCE
from contract.explaining.explanation import EXPLANATION
from contract.repository import GOLDEN, ONNX_MODEL
from training.publish.candidate import TableFacts
from training.publish.evidence import Evidence
from training.publish.graph import check
from training.publish.publisher import MayReveal, Publication, publish_candidate
from training.publish.serving import Serving, Tell, plain_engine
from training.report.files import copy_report
from training.tables.run import MODEL, TEST, TableRunRecord, read_recipe, read_test

MAX_BATCH_SIZE = 8_192
"""Rows that the server computes at once; batches from files come in such blocks."""


def publish_table(
    run: Path,
    repository: Path,
    *,
    dry_run: bool = False,
    tell: Tell = lambda _: None,
    may_reveal: MayReveal = lambda: True,
) -> Publication:
    """Publish the table run in folder `run`; promises and raises as `training.publish.publish`.

    The engine is float32 ONNX Runtime, and the engine gate is run with all test rows, which lie in the run's folder.
    """
    record = TableRunRecord.read(run)
    target = read_recipe(run).target.column
    facts = TableFacts(record.decision, record.feature_table, record.explanation, target)
    engine = plain_engine(MAX_BATCH_SIZE)
    return publish_candidate(
        record,
        partial(_build, run, record),
        repository,
        dry_run=dry_run,
        tell=tell,
        serving=Serving(engine, Evidence(test=read_test(run / TEST))),
        facts=facts,
        may_reveal=may_reveal,
    )


def _build(run: Path, record: TableRunRecord, staged: Path) -> None:
    check(onnx.load(run / MODEL), schema=record.input, output=record.output)
    (staged / ONNX_MODEL).parent.mkdir(parents=True)
    shutil.copyfile(run / MODEL, staged / ONNX_MODEL)
    extras = {FEATURES: record.feature_table, EXPLANATION: record.explanation, REFERENCE: record.reference}
    for name in (GOLDEN, *(name for name, extra in extras.items() if extra is not None)):
        shutil.copyfile(run / name, staged / name)
    copy_report(run, staged)
