"""Running an image tool."""

import subprocess
from collections.abc import Mapping, Sequence

from tests.cluster.kit.errors import ImageFailed


def run_tool(command: Sequence[str], what: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a command and give its output; raises `ImageFailed` with the last lines it said."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        raise ImageFailed(f"{what} couldn't be done: there is no `{command[0]}` here.") from error
    if done.returncode:
        said = "\n".join(f"{done.stdout}\n{done.stderr}".strip().splitlines()[-15:])
        raise ImageFailed(f"{what} failed; `{command[0]}` said:\n{said}")
    return done.stdout.strip()
