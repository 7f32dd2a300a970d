"""Finding and reading recipes: those that are shipped, by name, and a user's YAML files."""

import difflib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from training.data.storage import storage_errors
from training.tables import yaml_text
from training.tables.errors import RecipeInvalid, RecipeUnknown
from training.tables.origins import FileOrigin
from training.tables.recipe import Recipe

SHIPPED = Path(__file__).parents[1] / "recipes"
ENDINGS = (".yaml", ".yml")
MAX_BYTES = 4 * 2**20
"""A recipe with 10,000 columns has about a megabyte."""


def shipped_recipes() -> tuple[str, ...]:
    """The names of the recipes that come with Trireme, sorted."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def names_recipe(text: str) -> bool:
    """Whether a text is meant as a recipe: a shipped one's name, or a path that ends like YAML."""
    return text.endswith(ENDINGS) or text in shipped_recipes()


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Read a shipped recipe by its name, or a YAML file; a file's origin is then an absolute path.

    Raises:
        RecipeUnknown: it is neither.
        RecipeInvalid: it is no YAML, or breaks the schema; the sentence names file, line and place.
    """
    path = _find(name_or_path)
    recipe = parse_recipe(_text(path), path.name)
    if not isinstance(recipe.origin, FileOrigin):
        return recipe
    origin = recipe.origin.model_copy(update={"path": (path.parent / recipe.origin.path.expanduser()).resolve()})
    return recipe.model_copy(update={"origin": origin})


def parse_recipe(text: str, name: str) -> Recipe:
    """Read a recipe's text, from a file of this name; raises `RecipeInvalid`."""
    try:
        content, node = yaml_text.read(text)
    except yaml.YAMLError as error:
        raise RecipeInvalid(f"{name}{_line_of(error)} is no YAML that can be read: {_reason(error)}.") from error
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise RecipeInvalid(_sentence(name, error, content, node)) from error


def recipe_text(recipe: Recipe) -> str:
    """A recipe with all its defaults as YAML, which `parse_recipe` reads."""
    return yaml_text.block(recipe.model_dump(mode="json"))


def _find(name_or_path: str | Path) -> Path:
    if str(name_or_path) in shipped_recipes():
        return SHIPPED / f"{name_or_path}.yaml"
    path = Path(name_or_path).expanduser()
    if path.suffix not in ENDINGS or not path.is_file():
        near = difflib.get_close_matches(str(name_or_path), shipped_recipes(), 1)
        meant = f"; did you mean {near[0]}?" if near else f". There are {', '.join(shipped_recipes())}."
        raise RecipeUnknown(f"{str(name_or_path)!r} is neither a shipped recipe nor a YAML file{meant}")
    return path


def _text(path: Path) -> str:
    with storage_errors(path.parent):
        if path.stat().st_size > MAX_BYTES:
            raise RecipeInvalid(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB, too large for a recipe.")
        content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecipeInvalid(f"{path.name} is not UTF-8 text.") from error


def _line_of(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}," if mark else ""


def _reason(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or "it holds characters that YAML doesn't allow")


def _sentence(name: str, error: ValidationError, content: object, node: yaml.Node | None) -> str:
    # A key that nobody knows often is the one that is missing, so it is what to name.
    first, *others = sorted(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
    place = _present(content, first)
    line = yaml_text.line_of(node, place)
    where = f"{name}, line {line}" if line else name
    what = f"{'.'.join(str(step) for step in place) or 'the recipe'}: {_problem(first, content, place)}"
    more = f" (and {len(others)} more)" if others else ""
    return f"{where}: {what}{more}."


def _present(content: object, error: ErrorDetails) -> tuple[str | int, ...]:
    """The error's place without the tags of unions, which the file doesn't have."""
    place: list[str | int] = []
    for number, step in enumerate(error["loc"], 1):
        is_missing = error["type"] == "missing" and number == len(error["loc"])
        if is_missing or _has(content, step):
            place.append(step)
            content = None if is_missing else content[step]  # type: ignore[index]
    return tuple(place)


def _has(content: object, step: str | int) -> bool:
    if isinstance(content, dict):
        return step in content
    return isinstance(content, list) and isinstance(step, int) and step < len(content)


def _problem(error: ErrorDetails, content: object, place: tuple[str | int, ...]) -> str:
    match error["type"]:
        case "extra_forbidden":
            return f"there is no such key here{_nearest(content, place)}"
        case "missing":
            return "this key is missing"
        case "string_type":
            return "this should be a text; put it in quotes"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return error["msg"][0].lower() + error["msg"][1:]


def _nearest(content: Any, place: tuple[str | int, ...]) -> str:
    for step in place[:-1]:
        content = content[step]
    near = difflib.get_close_matches(str(place[-1]), _allowed(set(content)), 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _allowed(keys: set[str]) -> set[str]:
    """The keys of those parts of the schema that know most of these keys."""
    schema = Recipe.model_json_schema()
    parts = [set(part.get("properties", ())) for part in (schema, *schema["$defs"].values())]
    most = max(len(known & keys) for known in parts)
    return set().union(*(known for known in parts if len(known & keys) == most))
