"""The project's wheel, built with some of its packages."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("contract", "training", "gateway", "modelserver", "loadtest", "trireme")


def build_wheel(folder: Path, *packages: str) -> Path:
    """Build it below `folder`; the packages that aren't named are empty, which saves time."""
    project = folder / "project"
    for name in PACKAGES:
        (project / name).mkdir(parents=True)
    for name in packages:
        kept = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, project / name, ignore=kept, dirs_exist_ok=True)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, project / file)
    build = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], check=True, cwd=project, capture_output=True)
    return next(folder.glob("*.whl"))
