"""What the environment says of settings: everything that is wrong with it at once, and names that nobody reads."""

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import new_class
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, PydanticBaseSettingsSource

from contract.errors import SettingsInvalid

SIMILARITY = 0.8
"""How much of a name must agree with another's to be taken for a slip of the pen."""
IN_JSON = frozenset({"tuple_type", "list_type", "dict_type", "model_type", "set_type"})

Settings = type[BaseSettings]


def check_settings(*groups: Settings) -> None:
    """Raise `SettingsInvalid` with all that is wrong in the environment and in `.env`; values are not repeated."""
    problems = [problem for group in groups for problem in _problems(group)]
    if problems:
        raise SettingsInvalid(problems)


def unknown_variables(*groups: Settings) -> list[str]:
    """A sentence for each variable that has the prefix of one of the groups and is none of their settings."""
    known = {name for group in groups for name in _names(group)}
    prefixes = tuple(_prefix(group) for group in groups)
    given = sorted({name.upper() for name in _given(groups)})
    return [_sentence(name, known) for name in given if name.startswith(prefixes) and name not in known]


def _problems(group: Settings) -> Iterator[str]:
    try:
        _lenient(group)()
    except ValidationError as error:
        for finding in error.errors(include_url=False, include_context=False, include_input=False):
            yield _problem(_prefix(group), finding)


def _problem(prefix: str, finding: ErrorDetails) -> str:
    message = finding["msg"].removeprefix("Value error, ") + (", in JSON" if finding["type"] in IN_JSON else "")
    if not finding["loc"]:
        return message
    name, *places = finding["loc"]
    return f"{prefix}{name}".upper() + "".join(f"[{place}]" for place in places) + f": {message}"


def _sentence(name: str, known: Iterable[str]) -> str:
    similar = difflib.get_close_matches(name, known, n=1, cutoff=SIMILARITY)
    return f"{name} is no setting" + (f"; is {similar[0]} meant?" if similar else ".")


def _given(groups: Sequence[Settings]) -> Iterator[str]:
    yield from os.environ
    for file in {str(group.model_config.get("env_file")) for group in groups}:
        if Path(file).is_file():
            yield from dotenv_values(file, interpolate=False)


def _names(group: Settings) -> Iterator[str]:
    return (f"{_prefix(group)}{name}".upper() for name in group.model_fields)


def _prefix(group: Settings) -> str:
    return group.model_config["env_prefix"].upper()


class _Lenient(EnvSettingsSource):
    """Passes on what is not JSON, so that it is one finding among others and not the only one."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class _LenientFile(_Lenient, DotEnvSettingsSource):
    """The same for `.env`."""


def _sources(group: Settings, **_sources: object) -> tuple[PydanticBaseSettingsSource, ...]:
    return _Lenient(group), _LenientFile(group)


def _lenient(group: Settings) -> Settings:
    body = {"__module__": group.__module__, "settings_customise_sources": staticmethod(_sources)}
    return new_class(group.__name__, (group,), exec_body=lambda namespace: namespace.update(body))
