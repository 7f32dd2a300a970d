"""A copy of the pipelines' files with small data, and DVC in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.support.cifar10 import write_batches

ROOT = Path(__file__).parents[3]
DVC = ROOT / ".dvc-venv" / "bin" / "dvc"
FILES = ("dvc.yaml", "params.yaml", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore")
RECIPES = "training/recipes"
COMMAND = """#!{python}
from pathlib import Path
from training.data.cifar10 import DIGESTS
from training.tables import recipes
from trireme.main import main
DIGESTS.update({digests!r})
recipes.SHIPPED = Path({recipes!r})
main()
"""
"""`trireme` of the copied checkout: its recipes are that one's, and the sample is CIFAR-10."""


def install_dvc() -> None:
    """Make DVC's environment where it is missing."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(["make", "dvc"], cwd=ROOT, env=plain, check=True, capture_output=True)


class Workspace:
    """A checkout with the pipelines, CIFAR-10's sample as its data, and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.pipelines = self.folder / "pipelines"
        self._bin = folder / "bin"
        self._environment = {
            "TRAINING_CACHE_DIR": str(folder / "cache"),
            "TRAINING_DATA_DIR": str(folder / "cifar10"),
            "DVC_SITE_CACHE_DIR": str(folder / "site"),
            "DVC_GLOBAL_CONFIG_DIR": str(folder / "config"),
            "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
        }
        self._copy()
        self._write_command(write_batches(folder / "cifar10"))
        subprocess.run(["git", "init", "-q", str(self.folder)], check=True)

    def dvc(self, *arguments: str) -> str:
        """Run DVC; gives what it prints."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DVC_")}
        done = subprocess.run(
            [DVC, *arguments],
            cwd=self.folder,
            env=environment | self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def shrink(self, model: str) -> None:
        """Let a model learn in a second: few trees, no search."""
        path = self.folder / RECIPES / f"{model}.yaml"
        recipe = yaml.safe_load(path.read_text())
        recipe["estimator"]["parameters"]["n_estimators"] = 10
        recipe["cross_validation"] = {"folds": 2}
        del recipe["search"]
        path.write_text(yaml.safe_dump(recipe))

    def set_options(self, model: str, **options: object) -> None:
        """Change the options that a model is trained with."""
        path = self.folder / "params.yaml"
        params = yaml.safe_load(path.read_text())
        params["models"][model]["train"] |= options
        path.write_text(yaml.safe_dump(params))

    def lock(self) -> dict[str, dict[str, object]]:
        """What DVC wrote down, by stage."""
        stages: dict[str, dict[str, object]] = yaml.safe_load((self.folder / "dvc.lock").read_text())["stages"]
        return stages

    def _copy(self) -> None:
        for name in FILES:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, self.folder / name)
        shutil.copytree(ROOT / "training", self.folder / "training", ignore=shutil.ignore_patterns("__pycache__"))

    def _write_command(self, digests: dict[str, str]) -> None:
        self._bin.mkdir()
        path = self._bin / "trireme"
        recipes = str(self.folder / RECIPES)
        path.write_text(COMMAND.format(python=sys.executable, digests=digests, recipes=recipes))
        path.chmod(0o755)
