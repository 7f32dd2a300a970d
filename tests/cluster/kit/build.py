"""Building a module once: into a temporary folder, renamed into the cache when whole."""

import glob
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from tests.cluster.kit.modules import GoModule
from tests.cluster.kit.toolchain import Go

Say = Callable[[str], None]


class Builder:
    """Gives the folder of a module's binaries; builds what the cache lacks.

    The folder's name holds the hash of pins and toolchain, so another pin is another folder and nothing is ever stale.
    """

    def __init__(self, cache: Path, go: Go, say: Say) -> None:
        self._cache = cache
        self._go = go
        self._say = say

    def folder(self, module: GoModule) -> Path:
        """Where a module's binaries lie, or would lie."""
        return self._cache / f"{module.name}-{module.fingerprint(self._go.name)}"

    def ensure(self, module: GoModule) -> Path:
        """Build a module unless it's there; raises `BuildFailed`. Safe with several builders at once."""
        target = self.folder(module)
        self._cache.mkdir(parents=True, exist_ok=True)
        if not target.is_dir():
            with FileLock(self._cache / f".{module.name}.lock"):
                if not target.is_dir():
                    self._build(module, target)
        return target

    def _build(self, module: GoModule, target: Path) -> None:
        self._say(f"Building {module.name} {module.version}; this is done once and takes minutes.")
        with atomic_folder(target) as folder:
            with (self._cache / f"{module.name}.log").open("w") as log:
                self._go.run(build_arguments(module, folder), module.folder, log)
            name_programs(module, folder)
            self._keep_manifests(module, folder)

    def _keep_manifests(self, module: GoModule, folder: Path) -> None:
        if not module.manifests:
            return
        about = json.loads(self._go.run(["list", "-m", "-json", module.pin], module.folder))
        source = Path(about["Dir"])
        for pattern in module.manifests:
            for path in sorted(source.glob(pattern)):
                copy = folder / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)


def build_arguments(module: GoModule, folder: Path) -> list[str]:
    """The arguments of `go` that put a module's programs into a folder."""
    stamps = [f"-X {stamp.format(version=module.version.removeprefix('v'))}" for stamp in module.stamps]
    return [
        "build",
        "-trimpath",
        f"-ldflags={' '.join(['-s', '-w', *stamps])}",
        # Neither what the linker would throw away nor inlining: a quarter of the compiler's time.
        "-gcflags=all=-dwarf=false -l",
        f"-tags={','.join(module.tags)}",
        f"-o={folder}/",
        *module.programs.values(),
    ]


def name_programs(module: GoModule, folder: Path) -> None:
    """Go names a program after its package; give each the name the module says."""
    for name, package in module.programs.items():
        parts = [part for part in package.split("/") if not (part[0] == "v" and part[1:].isdigit())]
        (folder / parts[-1]).rename(folder / name)


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target` that becomes it at the end; what killed predecessors left is removed.

    The caller holds a lock that keeps others from making the same target.
    """
    stem = target.name.rpartition("-")[0] or target.name
    for leftover in target.parent.glob(f".{glob.escape(stem)}-*.partial"):
        shutil.rmtree(leftover)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-", suffix=".partial"))
    temporary.chmod(0o755)
    try:
        yield temporary
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
