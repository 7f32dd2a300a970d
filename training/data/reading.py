"""Reading picture files as tensors; what can't be read is listed, and left out within a limit."""

import math
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from contract.errors import PictureError
from contract.inputs import ImageInput
from contract.picture import to_tensor
from training.console import tell
from training.data.dataset import FileBodies, Pixels, Skipped, Split
from training.data.layout import Listing
from training.errors import DataInvalid
from training.room import check_memory

MAX_BAD = 0.01
"""Share of the files that may be left out unless the user says otherwise."""
NAMED = 3
"""So many of the files are named in a sentence."""
THREADS = 4
COPIES = 2
"""Of each picture, while they are put together."""

Result = Pixels | Skipped


class PictureReader:
    """Reads the files below `root` as tensors of `schema`, and remembers those that it can't read."""

    def __init__(self, root: Path, schema: ImageInput, console: Console) -> None:
        self._root = root
        self._schema = schema
        self._console = console
        self._total = 0
        self.skipped: list[Skipped] = []

    def read(self, title: str, listing: Listing) -> Split:
        """The pictures that can be read, in their order; raises `MemoryShort` before it reads too many."""
        check_memory(title, COPIES * len(listing.files) * math.prod(self._schema.shape))
        with ThreadPoolExecutor(THREADS) as pool:
            results = pool.map(self._tensor, listing.files)
            read = list(self._shown(results, title, len(listing.files)))
        self._total += len(listing.files)
        self.skipped += [result for result in read if isinstance(result, Skipped)]
        good = [index for index, result in enumerate(read) if not isinstance(result, Skipped)]
        images = [result for result in read if not isinstance(result, Skipped)]
        numbers = np.array([listing.labels[index] for index in good], dtype=np.int64)
        pixels = np.stack(images) if images else np.empty((0, *self._schema.shape), np.uint8)
        return Split(pixels, numbers, FileBodies(tuple(listing.files[index] for index in good)))

    def check(self, max_bad: float) -> None:
        """Tell how many files were left out.

        Raises:
            DataInvalid: they are more than this share of all.
        """
        if not self.skipped:
            return
        count = f"{len(self.skipped):,} of {self._total:,} picture files can't be read"
        if len(self.skipped) > max_bad * self._total:
            raise DataInvalid(
                f"{count}, more than the allowed {max_bad:.3g}: {self._names()}. Mend or remove them, or allow "
                "more with --max-bad."
            )
        tell(self._console, f"{count} and are left out: {self._names()}.")

    def short(self, path: Path) -> str:
        """A file's path below the root."""
        return path.relative_to(self._root).as_posix()

    def _shown(self, results: Iterable[Result], title: str, total: int) -> Iterable[Result]:
        # Off a terminal, rich would leave an empty line.
        hidden = not self._console.is_terminal
        return track(results, title, total=total, console=self._console, transient=True, disable=hidden)

    def _tensor(self, path: Path) -> Result:
        try:
            return to_tensor(path.read_bytes(), self._schema)
        except PictureError as error:
            return Skipped(self.short(path), error.detail[0].lower() + error.detail[1:].rstrip("."))
        except OSError as error:
            return Skipped(self.short(path), (error.strerror or "the file can't be opened").lower())

    def _names(self) -> str:
        named = "; ".join(f"{skipped.name} ({skipped.reason})" for skipped in self.skipped[:NAMED])
        return named + ("; …" if len(self.skipped) > NAMED else "")
