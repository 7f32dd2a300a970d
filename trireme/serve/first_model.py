"""A first model for an empty repository, trained in a process of its own: serving never holds TensorFlow's memory."""

import signal
import subprocess
import sys
from pathlib import Path

from contract.repository import ModelRepository
from trireme.errors import StartFailed

GRACE_S = 2.0


def ensure_model(model: str, repository: Path) -> None:
    """Train and publish `model` where the repository has no version of it; raises `StartFailed`.

    The training process shares the terminal, so that its progress and its own error sentences are seen, and it gets
    Ctrl-C as we do; an interrupted run is resumed by the next start.
    """
    if model in ModelRepository(repository).models():
        return
    train = ["train", model, "--resume", "latest", "--publish", "--repository", str(repository)]
    with subprocess.Popen([sys.executable, "-m", "trireme", *train]) as process:
        try:
            status = process.wait()
        except BaseException:
            _end(process)
            raise
    if status != 0:
        raise StartFailed(f"There is no {model} model to serve yet, because training or publishing it failed.")


def _end(process: subprocess.Popen[bytes]) -> None:
    # Ctrl-C reached it as well as us: a second signal at once would break into its cleaning up.
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.wait()
