"""What tuning found: `<tuning folder>/<model>.json`, which the next publish of the model obeys."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, ValidationError

from contract.base import Document
from contract.card import Engine
from contract.files import write_atomically
from contract.metrics import Fraction
from contract.names import ModelName
from contract.target import Target
from training.engines.errors import TuningInvalid


class Load(Document):
    """A candidate under the load of some clients: medians over the rounds."""

    clients: PositiveInt
    """Requests in flight at any time, of one picture each."""
    throughput: float
    """Pictures answered a second."""
    rounds: Annotated[tuple[float, ...], Field(min_length=1)]
    """The throughput of each round, in their order; all candidates share a round's circumstances."""
    p50_ms: float | None
    """Latency that half of the answers stayed within; None where there were no answers."""
    p95_ms: float | None
    p99_ms: float | None
    errors: NonNegativeInt


class Candidate(Document):
    """One engine with one choice of settings, and what it came to."""

    name: str
    kind: str
    """The kind of engine, such as `openvino-bf16`."""
    settings: str
    """How it is run, for people; `engine` says it for programs."""
    engine: Engine
    accuracy: Fraction | None = None
    """Share of right answers to the test pictures, over the served path; None where it was not measured."""
    loads: tuple[Load, ...] = ()
    """One entry a number of clients, fewest first."""
    reason: str | None = None
    """Why it is out; None for one that may be chosen."""

    @property
    def busiest(self) -> Load:
        """Its load with the most clients; raises `IndexError` where it was never measured."""
        return self.loads[-1]


class Tuning(Document):
    """One tuning of one version on one machine."""

    schema_version: Literal[1] = 1
    model: ModelName
    version: PositiveInt
    created: AwareDatetime
    target: Target
    cores: PositiveInt
    server: str
    libraries: dict[str, str]
    examples: PositiveInt
    """Test pictures that the accuracies are of."""
    max_loss: Fraction
    """How much accuracy a candidate may lose against float32 ONNX Runtime."""
    seconds: float
    """Of each measurement."""
    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1)]
    chosen: str
    """The name of the best candidate."""

    @property
    def engine(self) -> Engine:
        """The best candidate's."""
        return next(one.engine for one in self.candidates if one.name == self.chosen)


class TuningStore:
    """The folder of tunings, the latest one of each model."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, model: str) -> Path:
        """Where the tuning of a model lies (or would lie)."""
        return self.root / f"{model}.json"

    def write(self, tuning: Tuning) -> Path:
        """Replace the model's tuning in one step; returns its file."""
        path = self.path(tuning.model)
        write_atomically(path, tuning.model_dump_json(indent=2).encode())
        return path

    def read(self, model: str) -> Tuning | None:
        """The model's tuning, None where there is none; raises `TuningInvalid`."""
        path = self.path(model)
        try:
            return Tuning.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise TuningInvalid(f"The tuning {path.name} can't be read; tune anew, or publish with --plain.") from error
