"""Where a model comes from: data, code, libraries, machine and parameters."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import contract
from contract.card import Lineage
from training.hardware import Hardware
from training.plan import RunPlan

LIBRARIES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "scikit-learn", "pillow", "simplejpeg")

PARAMETERS = {"architecture", "profile", "epochs", "batch_size", "seed", "precision", "patience", "mirrored"}
PARAMETERS |= {"rate", "class_weights"}


def make_lineage(plan: RunPlan, hardware: Hardware, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Lineage:
    """The lineage of a run that followed `plan` with pictures of this mean and deviation."""
    parameters = plan.model_dump(mode="json", include=PARAMETERS)
    return Lineage(
        data=plan.data,
        source=plan.origin or ("cifar10" if plan.source == "cifar10" else "picture folder"),
        code=code_version(Path(__file__).parent),
        libraries=library_versions(),
        machine=str(hardware),
        run=plan.id,
        parent=plan.parent,
        job=plan.job,
        batches=plan.batches,
        parameters={**parameters, "mean": list(mean), "deviation": list(deviation)},
    )


def library_versions(more: tuple[str, ...] = (), known: tuple[str, ...] = LIBRARIES) -> dict[str, str]:
    """Versions of Python and of the installed libraries that decide an outcome."""
    found = {name: _version(name) for name in (*known, *more)}
    return {"python": sys.version.split()[0], **{name: number for name, number in found.items() if number}}


def code_version(folder: Path) -> str:
    """The project's version, with the commit where `folder` lies in a git checkout, and whether it was changed."""
    commit = _git(folder, "rev-parse", "--short=12", "HEAD")
    if not commit:
        return contract.__version__
    changed = ".changed" if _git(folder, "status", "--porcelain", "--untracked-files=no", "--", "..") else ""
    return f"{contract.__version__}+{commit}{changed}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(folder: Path, *arguments: str) -> str:
    try:
        outcome = subprocess.run(
            ["git", "-C", str(folder), *arguments], check=False, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return outcome.stdout.strip() if outcome.returncode == 0 else ""
