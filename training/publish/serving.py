"""How a version will be served: its engine, the one that takes its place elsewhere, and what proves it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.card import Engine, Gate, GateName
from contract.names import ModelVersion
from contract.repository import CONFIG, CONFIGS
from contract.target import Target, read_target
from training.engines.kinds import PLAIN, Settings
from training.engines.record import TuningStore
from training.publish.artefacts import make_artefact
from training.publish.candidate import Candidate, TableFacts
from training.publish.config import version_config
from training.publish.engine_gate import engine_gate
from training.publish.errors import EngineUnproven
from training.publish.evidence import Evidence

Tell = Callable[[str], None]


def plain_engine(max_batch_size: int = Settings.max_batch_size) -> Engine:
    """Float32 ONNX Runtime: what serves where nothing was tuned."""
    return PLAIN.engine(Settings(max_batch_size=max_batch_size), None)


def choose_engine(model: str, tunings: TuningStore | None, target: Target | None, tell: Tell) -> Engine:
    """What the model's tuning found best, if it may run on this machine (`target`); else the plain engine.

    Elsewhere a tuned engine can't be proven. Raises `TuningInvalid`.
    """
    tuning = tunings.read(model) if tunings else None
    if tuning is None:
        return plain_engine()
    if tuning.engine.tuned_for in {None, target or read_target()}:
        return tuning.engine
    tell(f"{model} was tuned for another machine ({tuning.target}); taking float32 ONNX Runtime.")
    return plain_engine()


@dataclass(frozen=True)
class Serving:
    """An engine with the examples that prove it; one that is bound to a machine needs them (`EngineUnproven`)."""

    engine: Engine
    evidence: Evidence

    def __post_init__(self) -> None:
        if self.engine.tuned_for is not None and self.evidence.test is None:
            raise EngineUnproven

    @property
    def fallback(self) -> Engine | None:
        """What serves where the engine may not run; None where it may run anywhere."""
        return None if self.engine.tuned_for is None else plain_engine(self.engine.max_batch_size)

    @property
    def omitted(self) -> dict[GateName, str]:
        """The gates that can't be run, with the reason."""
        return {"engine": self.evidence.lack or "There are no test pictures."} if self.evidence.test is None else {}

    def write(self, staged: Path, name: ModelVersion, candidate: Candidate) -> None:
        """Add what serves to a version's folder with its `1/model.onnx`: configurations, and the engine's artefact.

        `config.pbtxt` is for any machine; that of a tuned engine lies in `configs`, under the name of its target.
        """
        schema, output, target = candidate.input, candidate.output, self.engine.tuned_for
        (staged / CONFIG).write_text(version_config(name, schema, output, self.fallback or self.engine))
        if target is not None:
            make_artefact(self.engine, staged, self.evidence.calibration, schema=schema, output=output)
            (staged / CONFIGS).mkdir()
            (staged / CONFIGS / f"{target.name}.pbtxt").write_text(version_config(name, schema, output, self.engine))

    def prove(self, repository: Path, name: ModelVersion, candidate: Candidate, facts: TableFacts) -> tuple[Gate, ...]:
        """The engine gate over a staged version; nothing where it can't be run. Raises `GateFailed`."""
        if self.evidence.test is None:
            return ()
        proof = engine_gate(
            repository,
            name,
            engine=self.engine,
            schema=candidate.input,
            output=candidate.output,
            test=self.evidence.test,
            trained=candidate.evaluation.accuracy,
            decision=facts.decision,
        )
        return (proof,)
