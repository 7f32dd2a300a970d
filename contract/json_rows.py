"""Reading JSON strictly: no repeated keys, and no NaN that passes for a missing value.

Python's own reader takes the words NaN and Infinity, which RFC 8259 doesn't have. They come out of here as values that
no column takes, so that a report of problems can say in which row and column they are.
"""

import json
import math
from typing import Any

from contract.cells import NotANumber
from contract.errors import JsonInvalid

MAX_DIGITS = 400
"""Of a whole number; one with more is far beyond what any column takes."""


def read_json(text: str | bytes) -> Any:
    """Read one JSON document; raises `JsonInvalid`."""
    try:
        return _read(text if isinstance(text, str) else text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        # UnicodeDecodeError and JSONDecodeError are ValueErrors; their texts may hold what was sent.
        raise JsonInvalid(_sentence(error)) from None


def _read(text: str) -> Any:
    found = _DECODER.decode(text)
    if "\\ud" in text.lower():
        _check_surrogates(found)
    return found


def _sentence(error: Exception) -> str:
    if isinstance(error, _KeyRepeats):
        return "A JSON object has a key twice."
    if isinstance(error, UnicodeError):
        return "The JSON is not UTF-8."
    if isinstance(error, json.JSONDecodeError):
        return f"It is not JSON: line {error.lineno}, column {error.colno}."
    return "The JSON is nested too deeply."


def _check_surrogates(found: object) -> None:
    # Half of a surrogate pair is a text that nobody can write down again.
    json.dumps(found, ensure_ascii=False, default=lambda _: None).encode()


class _KeyRepeats(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _KeyRepeats
    return found


def _integer(digits: str) -> int:
    # Python refuses to read very long ones, because that takes quadratic time.
    return int(digits) if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS


def _word(word: str) -> object:
    return {"Infinity": math.inf, "-Infinity": -math.inf}.get(word, NotANumber())


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_word)
