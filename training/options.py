"""Options that several verbs have."""

from pathlib import Path
from typing import Annotated

import typer

REPOSITORY = Path("model_repository")
RepositoryOption = Annotated[Path, typer.Option(envvar="TRIREME_REPOSITORY", help="Folder of the model repository.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
