"""What a person writes: the spec, the labels, and the kind of file that they bring."""

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from training.importing.errors import ArtefactUnknown, ArtefactUnsupported, LabelsInvalid, SpecInvalid
from training.importing.kinds import HDF5, kind_of
from training.importing.labels import read_labels
from training.importing.spec import Spec


def read(tmp_path: Path, text: str) -> Spec:
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    return Spec.read(path)


def test_numbers_may_be_fractions_and_one_number_stands_for_all_channels(tmp_path: Path) -> None:
    spec = read(tmp_path, "size: 224\nscale: 1/255\nmean: [0.485, 0.456, 0.406]\nstd: 1/2\nchannel_order: bgr\n")
    assert spec.scale == pytest.approx(1 / 255)
    assert (spec.size, spec.mean, spec.std) == ((224,), (0.485, 0.456, 0.406), (0.5,))
    assert spec.channel_order == "bgr"


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Spec()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("sclae: 1\n", "sclae"),
        ("scale: 0\n", "scale"),
        ("scale: 1/0\n", "scale"),
        ("mean: .nan\n", "mean"),
        ("std: [1, 1, 0]\n", "std"),
        ("mean: [1, 2]\n", "mean and std"),
        ("size: [1, 2, 3]\n", "size"),
        ("layout: hwc\n", "layout"),
        ("fit: contain\n", "fit"),
        ("output: scores\n", "output"),
        ("- scale\n", "top level"),
    ],
)
def test_what_the_schema_doesn_t_allow_is_named(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(SpecInvalid, match=place):
        read(tmp_path, text)


@pytest.mark.parametrize("text", ["a: [", "\x00", "scale: 1\n" + " " * 70_000])
def test_what_isn_t_a_small_yaml_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecInvalid, match=r"isn't YAML|larger than"):
        read(tmp_path, text)


def test_a_spec_runs_nothing(tmp_path: Path) -> None:
    with pytest.raises(SpecInvalid):
        read(tmp_path, f"scale: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n")
    assert not (tmp_path / "made").exists()


def test_a_missing_spec_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SpecInvalid, match="can't be read"):
        Spec.read(tmp_path / "none.yaml")


def test_labels_come_from_a_list_or_a_file(tmp_path: Path) -> None:
    assert read_labels("cat, dog") == ("cat", "dog")
    (tmp_path / "labels.txt").write_text("tabby, tabby cat\nbeagle\n\n")
    assert read_labels(str(tmp_path / "labels.txt")) == ("tabby, tabby cat", "beagle")
    assert len(read_labels(",".join(f"label {number}" for number in range(1000)))) == 1000


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("labels.txt", "neither a file"),
        ("cat,,dog", "empty"),
        ("cat,dog,cat", "'cat' occurs twice"),
        ("a,b\x1b", "print"),
    ],
)
def test_labels_that_can_t_be_used_are_one_sentence(given: str, reason: str) -> None:
    with pytest.raises(LabelsInvalid, match=reason):
        read_labels(given)


def test_a_file_of_labels_must_be_text(tmp_path: Path) -> None:
    (tmp_path / "labels").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LabelsInvalid, match="can't be read"):
        read_labels(str(tmp_path / "labels"))


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", b"x")


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("model.keras", b"x", "export a SavedModel with model.export"),
        ("weights.h5", b"x", "export a SavedModel with model.export"),
        ("model.onnx", HDF5, "export a SavedModel with model.export"),
        ("model.pt", b"x", "torch.onnx.export"),
        ("model.onnx", _zip, "torch.onnx.export"),
        ("forest.joblib", b"x", "skl2onnx"),
        ("model.onnx", pickle.dumps({"a": 1}), "skl2onnx"),
        ("model.zip", _zip, "unpack it first"),
    ],
)
def test_what_can_hold_code_is_refused_with_the_way_out(
    tmp_path: Path, name: str, content: bytes | Callable[[Path], None], advice: str
) -> None:
    path = tmp_path / name
    content(path) if callable(content) else path.write_bytes(content)
    with pytest.raises(ArtefactUnsupported, match=advice):
        kind_of(path)


def test_artefacts_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ArtefactUnsupported, match=r"no saved_model\.pb"):
        kind_of(tmp_path / "folder")
    (tmp_path / "folder" / "saved_model.pb").touch()
    (tmp_path / "file").write_bytes(b"\x08\x08")
    assert (kind_of(tmp_path / "folder"), kind_of(tmp_path / "file")) == ("savedmodel", "onnx")
    with pytest.raises(ArtefactUnknown):
        kind_of(tmp_path / "nothing")
