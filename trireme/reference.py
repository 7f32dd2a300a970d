"""Reference pages made from the code: settings, error codes, the chart's README, and `.env.example`.

`python -m trireme.reference` writes them; a test checks that they are up to date.
"""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from contract.errors import TriremeError
from gateway.mirror.settings import MirrorSettings
from gateway.settings import GatewaySettings
from loadtest.settings import LoadTestSettings
from modelserver.settings import ModelServerSettings
from training.settings import TrainingSettings
from training.tables.recipe import Recipe
from trireme.chart_reference import readme
from trireme.settings import TriremeSettings

ROOT = Path(__file__).parents[1]
SETTINGS: tuple[type[BaseSettings], ...] = (
    TriremeSettings,
    GatewaySettings,
    MirrorSettings,
    ModelServerSettings,
    TrainingSettings,
    LoadTestSettings,
)
ERROR_MODULES = (
    "contract.errors",
    "gateway.autoscaling.errors",
    "gateway.database.errors",
    "gateway.errors",
    "gateway.examples.errors",
    "gateway.open_inference.errors",
    "gateway.limits.errors",
    "gateway.history.errors",
    "gateway.identity.errors",
    "gateway.http.errors",
    "gateway.jobs.errors",
    "gateway.prediction_log.errors",
    "gateway.rollout.errors",
    "modelserver.errors",
    "training.errors",
    "training.drift_report.errors",
    "training.engines.errors",
    "training.evaluating.errors",
    "training.importing.errors",
    "training.publish.errors",
    "training.report.errors",
    "training.retrain.errors",
    "training.store.errors",
    "training.tables.errors",
    "trireme.errors",
    "trireme.autoscale.errors",
)
NOTE = "<!-- Made by `make reference`; edit the code's docstrings instead. -->"


def pages() -> dict[Path, str]:
    """Every generated file with its content."""
    return {
        ROOT / "docs/reference/settings.md": settings_page(),
        ROOT / "docs/reference/errors.md": errors_page(),
        ROOT / "docs/reference/recipe.schema.json": recipe_schema(),
        ROOT / ".env.example": env_example(),
        ROOT / "helm/trireme/README.md": readme(ROOT / "helm/trireme"),
    }


def settings_page() -> str:
    """All settings as tables, one a package."""
    lines = ["# Settings", "", NOTE, "", "Read once, at start, from the environment and from a file `.env`."]
    for settings in SETTINGS:
        lines += ["", f"## `{settings.__module__.rpartition('.')[0]}`", "", "| variable | default | meaning |"]
        lines += ["| --- | --- | --- |"]
        lines += [f"| `{name}` | {_code(default(field))} | {_line(field)} |" for name, field in variables(settings)]
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """All error codes as a table, sorted by code."""
    lines = ["# Error codes", "", NOTE, "", "| code | status | title | when |", "| --- | --- | --- | --- |"]
    ordered = sorted(errors(), key=lambda error: (error.code, error.__name__))
    lines += [f"| `{error.code}` | {error.status} | {error.title} | {_first_paragraph(error)} |" for error in ordered]
    return "\n".join(lines) + "\n"


def recipe_schema() -> str:
    """The JSON Schema of recipes for tables, by which editors complete and check them."""
    return json.dumps(Recipe.model_json_schema(), indent=2) + "\n"


def env_example() -> str:
    """A `.env` with every setting, commented out, at its default."""
    lines = ["# Copy to .env and uncomment what you change. Made by `make reference`."]
    for settings in SETTINGS:
        for name, field in variables(settings):
            lines += ["", f"# {_line(field)}", f"# {name}={default(field)}"]
    return "\n".join(lines) + "\n"


def variables(settings: type[BaseSettings]) -> Iterator[tuple[str, FieldInfo]]:
    """Each setting's environment variable and field."""
    prefix = settings.model_config["env_prefix"]
    for name, field in settings.model_fields.items():
        yield f"{prefix}{name}".upper(), field


def default(field: FieldInfo) -> str:
    """The default as one would write it into the environment; empty where the machine decides it."""
    if field.default_factory is not None or field.default is None:
        return ""
    if isinstance(field.default, tuple | list | dict):
        return json.dumps(field.default, default=str)
    if isinstance(field.default, SecretStr):
        return field.default.get_secret_value()
    return str(field.default)


def errors() -> set[type[TriremeError]]:
    """Every error class that has a code of its own."""
    for module in ERROR_MODULES:
        import_module(module)
    return {error for error in _descendants(TriremeError) if "code" in vars(error)}


def _descendants(error: type[TriremeError]) -> Iterator[type[TriremeError]]:
    yield error
    for child in error.__subclasses__():
        yield from _descendants(child)


def _first_paragraph(error: type[TriremeError]) -> str:
    return " ".join((error.__doc__ or "").partition("\n\n")[0].split())


def _code(text: str) -> str:
    return f"`{text}`" if text else "–"


def _line(field: FieldInfo) -> str:
    return " ".join((field.description or "").split())


def main() -> None:
    """Write every page."""
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
