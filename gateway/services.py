"""Everything that requests need."""

import time
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from gateway.admission import Admission
from gateway.autoscaling.watching import AutoscalerWatch
from gateway.bodies import BodyReader
from gateway.catalogue import Catalogue
from gateway.database.engine import Database
from gateway.drift.detector import DriftDetector
from gateway.examples.library import ExampleLibrary
from gateway.examples.uploads import Uploads
from gateway.follower import CatalogueFollower
from gateway.history.reading import History
from gateway.identity.service import Identity
from gateway.jobs.jobs import Jobs
from gateway.limits.address import Addresses
from gateway.metrics import Metrics
from gateway.open_inference.predictor import TensorPredictor
from gateway.open_inference.readiness import VersionReadiness
from gateway.predictor import Predictor
from gateway.readiness import ReadinessCheck
from gateway.rollout.rollouts import Rollouts
from gateway.settings import GatewaySettings
from gateway.tables.file_answer import FileAnswers
from gateway.tables.model import TableModels
from gateway.tables.predictor import RowPredictor
from gateway.tables.spool import Spool
from gateway.tables.work import FileWork
from gateway.waking.waking import Waking


@dataclass(frozen=True)
class Services:
    """The parts of one running gateway."""

    settings: GatewaySettings
    metrics: Metrics
    follower: CatalogueFollower
    predictor: Predictor
    rows: RowPredictor
    tables: TableModels
    files: FileAnswers
    file_work: FileWork
    spool: Spool
    bodies: BodyReader
    readiness: ReadinessCheck
    waking: Waking
    tensors: TensorPredictor
    versions_readiness: VersionReadiness
    uploads: Uploads
    predictions: Admission
    batches: Admission
    database: Database | None
    """None where nothing needs it."""
    identity: Identity
    addresses: Addresses
    history: History | None
    """None where no log is kept."""
    drift: DriftDetector | None
    """None where no log is kept."""
    jobs: Jobs | None
    """None where no jobs are run."""
    rollouts: Rollouts | None
    """None where the list of served versions says what answers."""
    autoscalers: AutoscalerWatch | None
    """None where nothing scales models."""
    started: float = field(default_factory=time.monotonic)

    @property
    def catalogue(self) -> Catalogue:
        """What is known of models now."""
        return self.follower.current

    @property
    def examples(self) -> ExampleLibrary:
        """Uploaded training data."""
        return self.uploads.library

    @property
    def uptime_s(self) -> float:
        """Seconds since the start."""
        return round(time.monotonic() - self.started, 3)


# Async, though it waits for nothing: FastAPI would run it in a thread otherwise.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Given = Annotated[Services, Depends(_services)]
"""The services, as a parameter of an endpoint."""
