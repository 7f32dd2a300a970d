"""Names of models and versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import NameInvalid
from contract.names import ModelVersion, check_model_name, parse_triton_name


@pytest.mark.parametrize("name", ["cifar10", "cats-and-dogs", "a", "credit-189", "v3", "a-v", "x" * 40])
def test_good_names_pass(name: str) -> None:
    assert check_model_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Cifar",
        "1a",
        "a_b",
        "-a",
        "a-",
        "a--b",
        "a.b",
        "a/b",
        "../a",
        "a\x00",
        "a\n",
        "ä",
        "а",
        "%2e",
        "x" * 41,
        "m-v3",
    ],
)
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        check_model_name(name)


def test_a_version_has_tritons_name() -> None:
    assert str(ModelVersion("cifar10", 3)) == ModelVersion("cifar10", 3).triton_name == "cifar10-v3"


@pytest.mark.parametrize(
    "name", ["cifar10", "cifar10-v0", "cifar10-v03", "-v3", "cifar10-v1-v2", "A-v1", "a-v١", ".staging"]
)
def test_other_folders_are_no_versions(name: str) -> None:
    assert parse_triton_name(name) is None


@given(st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z]{2,5}){0,3}", fullmatch=True), st.integers(1, 999_999_999))
def test_every_version_is_found_by_its_triton_name(model: str, version: int) -> None:
    name = ModelVersion(model, version)
    assert parse_triton_name(name.triton_name) == name


@given(st.text(max_size=60))
def test_what_passes_is_safe_as_a_path_and_a_label(name: str) -> None:
    try:
        check_model_name(name)
    except NameInvalid:
        return
    assert name.isascii()
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
