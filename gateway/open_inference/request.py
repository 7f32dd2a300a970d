"""What a request for inference may say, as JSON.

See https://github.com/kserve/open-inference-protocol, and for `binary_data_size`, `binary_data` and
`binary_data_output` the binary tensor data extension.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field, ValidationError

from contract.json_rows import read_json
from gateway.errors import FieldError, RequestInvalid

MAX_PARAMETERS = 64
MAX_TEXT = 256
"""Characters of an identifier, a name or a parameter's value."""


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    # One error for all: names and values are a part of the body.
    if len(parameters) > MAX_PARAMETERS or not all(map(_is_plain, parameters.values())):
        raise ValueError(
            f"at most {MAX_PARAMETERS} parameters, each a number, a truth value or a text of {MAX_TEXT} characters"
        )
    return parameters


def _is_plain(value: object) -> bool:
    return len(value) <= MAX_TEXT if isinstance(value, str) else isinstance(value, bool | int | float)


Text = Annotated[str, Field(max_length=MAX_TEXT)]
Parameters = Annotated[dict[str, Any], AfterValidator(_plain)]


class _Document(BaseModel):
    # Fields that we don't know are left alone: KServe's client sends `model_name`, for one.
    model_config = ConfigDict(strict=True, use_attribute_docstrings=True)


class InputTensor(_Document):
    """One tensor that the model takes."""

    name: Text = Field(examples=["features"])
    shape: Annotated[list[Annotated[int, Field(ge=0)]], FailFast()] = Field(max_length=16, examples=[[1, 4]])
    """The first dimension is the batch's."""
    datatype: Text = Field(examples=["FP32"])
    parameters: Parameters = Field(default_factory=dict)
    """`binary_data_size`: bytes of this tensor after the JSON document."""
    data: list[Any] | None = Field(default=None, examples=[[31, 2400.5, 1, 0]])
    """The values in row-major order, nested by dimension or flat. A missing value is null."""


class RequestedOutput(_Document):
    """A tensor that the answer shall have."""

    name: Text = Field(examples=["probabilities"])
    parameters: Parameters = Field(default_factory=dict)
    """`binary_data`: whether the tensor shall follow the JSON document as bytes."""


class InferenceRequest(_Document):
    """Tensors to compute the model's answers for."""

    id: Text | None = None
    """Comes back with the answer."""
    parameters: Parameters = Field(default_factory=dict)
    """`binary_data_output`: whether the answer's tensors shall follow the JSON document as bytes."""
    inputs: Annotated[list[InputTensor], FailFast()] = Field(min_length=1, max_length=16)
    outputs: Annotated[list[RequestedOutput] | None, FailFast()] = Field(default=None, max_length=16)
    """All of the model's, where there are none."""


_FIELDS = frozenset(name for model in (InferenceRequest, InputTensor, RequestedOutput) for name in model.model_fields)


def read_request(text: bytes) -> InferenceRequest:
    """Read a request's JSON document; raises `JsonInvalid` or `RequestInvalid`."""
    try:
        return InferenceRequest.model_validate(read_json(text))
    except ValidationError as error:
        findings = error.errors(include_input=False, include_url=False, include_context=False)
        raise RequestInvalid(*(_field(finding["loc"], finding["msg"]) for finding in findings)) from None


def flag(parameters: Parameters, name: str, *, default: bool) -> bool:
    """A parameter that is true or false; raises `RequestInvalid`."""
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise RequestInvalid(FieldError(field="body.parameters", message=f"{name} is neither true nor false"))
    return value


def _field(place: tuple[int | str, ...], message: str) -> FieldError:
    shown = [str(part) for part in place if isinstance(part, int) or part in _FIELDS]
    return FieldError(field=".".join(("body", *shown)), message=message.removeprefix("Value error, "))
