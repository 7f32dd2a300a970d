"""The work of a drift report: a sample of the prediction log beside the version's reference, as one page."""

from collections.abc import Iterator

from contract.card import VersionCard
from contract.drift.encoding import present
from contract.drift.reading import read_reference
from contract.drift.sampling import Sample
from contract.inputs import TableInput
from contract.jobs.documents import DriftReportParameters, DriftReportResult, Progress
from contract.moments import Span
from contract.names import ModelVersion
from training.drift_report.frames import COLUMNS, ROWS, Frames, frames_of
from training.drift_report.page import Drawn, draw, library
from training.drift_report.predictions import read_sample, with_values
from training.retrain.database import open_engine
from training.retrain.errors import JobUnsupported
from training.retrain.work import Assignment, Office, Outcome

CELLS = 500_000
"""Values that are read at most, however wide a table is."""
NO_VALUES = "The log keeps no values of rows (GATEWAY_LOG_VALUES), so only the answers are compared."
NO_LOOKS = "The log has too few pictures' brightness, contrast and sharpness, so only the answers are compared."


def drift_report(assignment: Assignment, office: Office) -> Outcome:
    """Make the page; nothing is changed anywhere.

    Raises `PredictionsTooFew`, `JobStoreAway`, and the errors of a version or reference that isn't there.
    """
    parameters = assignment.parameters
    if not isinstance(parameters, DriftReportParameters):
        raise JobUnsupported("The job's parameters are not those of a drift report.")
    card = office.repository.card(ModelVersion(assignment.model, parameters.version))
    office.reporter.progress(Progress(stage="loading"))
    sample, frames = _compared(card, parameters, office)
    notes = tuple(_notes(card, sample, frames, parameters))
    for note in notes:
        office.reporter.log(note)
    office.reporter.check()
    office.reporter.progress(Progress(stage="reporting"))
    drawn = draw(frames, f"{card.model}, version {card.version}: drift", notes)
    return Outcome(_result(parameters, sample, frames, drawn), page=drawn.page)


def _compared(card: VersionCard, parameters: DriftReportParameters, office: Office) -> tuple[Sample, Frames]:
    reference = read_reference(office.repository.root, card)
    at_most = min(ROWS, max(1, CELLS // len(reference.features)))
    engine = open_engine(office.settings.database.get_secret_value())
    span = Span(parameters.since, parameters.until)
    try:
        sample = with_values(read_sample(engine, card.name, span, at_most))
    finally:
        engine.dispose()
    return sample, frames_of(reference, present(card, sample, frozenset(parameters.hashed)))


def _notes(card: VersionCard, sample: Sample, frames: Frames, parameters: DriftReportParameters) -> Iterator[str]:
    kind = "a sample of " if sample.is_sample else ""
    yield (
        f"From {parameters.since:%Y-%m-%d %H:%M} to {parameters.until:%Y-%m-%d %H:%M} UTC: {kind}"
        f"{len(sample.labels):,} predictions (current) beside {ROWS:,} rows made from the version's reference."
    )
    if len(frames.reference.columns) == len(("label", "probability")):
        yield NO_VALUES if isinstance(card.input, TableInput) else NO_LOOKS
    elif frames.not_compared:
        names = list(frames.not_compared)
        more = ", …" if len(names) > COLUMNS else ""
        yield f"Not on this page: {', '.join(names[:COLUMNS])}{more}."


def _result(parameters: DriftReportParameters, sample: Sample, frames: Frames, drawn: Drawn) -> DriftReportResult:
    return DriftReportResult(
        version=parameters.version,
        since=parameters.since,
        until=parameters.until,
        predictions=len(sample.labels),
        is_sample=sample.is_sample,
        compared=tuple(frames.reference.columns),
        not_compared=frames.not_compared,
        drifted=drawn.drifted,
        page_bytes=drawn.size,
        library=library(),
    )
