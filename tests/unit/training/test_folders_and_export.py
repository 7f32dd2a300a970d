import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from contract.inputs import ImageInput
from tests.support.cifar10 import sample
from training.data.catalog import Catalog
from training.data.dataset import DataSet
from training.data.export import export_folders
from training.data.folders import PictureFolder
from training.errors import DataInvalid, DataUnknown, StorageFailed
from training.settings import TrainingSettings


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """CIFAR-10's cats and dogs as PNG files."""
    export_folders(sample(), tmp_path / "pets", ["dog", "cat"], limit=9)
    return tmp_path / "pets"


def load(folder: Path, size: int = 32) -> DataSet:
    return PictureFolder(folder, ImageInput(height=size, width=size), Console(file=io.StringIO())).load()


def read(folder: Path, max_bad: float) -> tuple[DataSet, str]:
    """The data set, and what is said while it is read."""
    said = io.StringIO()
    return PictureFolder(folder, ImageInput(height=32, width=32), Console(file=said), max_bad).load(), said.getvalue()


def truncate(picture: Path) -> str:
    """Break a picture; gives its name below the data set's folder."""
    picture.write_bytes(picture.read_bytes()[:200])
    return picture.relative_to(picture.parents[2]).as_posix()


def first(folder: Path) -> Path:
    return min(folder.glob("*.png"))


def test_exported_folders_are_the_data_set_again(tmp_path: Path) -> None:
    written = export_folders(sample(), tmp_path / "all")
    data = load(tmp_path / "all")
    assert written == 500
    assert data.labels == sample().labels
    assert data.counts() == sample().counts()
    shape = (-1, 32 * 32 * 3)
    for (_, split), (_, original) in zip(data.splits(), sample().splits(), strict=True):
        assert sorted(split.images.reshape(shape).tolist()) == sorted(original.images.reshape(shape).tolist())


def test_only_the_wanted_labels_are_exported(pets: Path) -> None:
    data = load(pets)
    assert data.labels == ("cat", "dog")
    assert data.counts() == {
        "train": {"cat": 9, "dog": 9},
        "validation": {"cat": 4, "dog": 4},
        "test": {"cat": 9, "dog": 9},
    }


def test_a_missing_validation_split_is_taken_from_training(pets: Path) -> None:
    shutil.rmtree(pets / "validation")
    data = load(pets)
    assert data.counts()["validation"] == {"cat": 1, "dog": 1}
    assert data.counts()["train"] == {"cat": 8, "dog": 8}
    assert load(pets).digests() == data.digests()


def test_a_picture_is_sent_as_the_file_is(pets: Path) -> None:
    shutil.rmtree(pets / "validation")
    data = load(pets)
    for _, split in data.splits():
        image = np.asarray(Image.open(io.BytesIO(split.body(0))))
        assert np.array_equal(image, split.images[0])


def test_pictures_of_any_size_and_format_are_taken(pets: Path) -> None:
    Image.new("RGB", (100, 60), "red").save(pets / "test" / "cat" / "photo.JPG", format="JPEG")
    (pets / "test" / "cat" / "notes.txt").write_text("not a picture")
    data = load(pets, size=16)
    assert data.test.images.shape == (19, 16, 16, 3)


def test_files_that_are_no_pictures_are_left_out_and_listed(pets: Path) -> None:
    broken = truncate(first(pets / "train" / "dog"))
    (pets / "test" / "cat" / "notes.jpg").write_text("not a picture")
    (pets / "test" / "cat" / "nothing.png").touch()
    (pets / "test" / "cat" / "loop.png").symlink_to("loop.png")
    data, said = read(pets, max_bad=0.1)
    assert [(skipped.name, skipped.reason) for skipped in data.skipped] == [
        (broken, "the picture is truncated or corrupt"),
        ("test/cat/notes.jpg", "not a JPEG, PNG, WebP, GIF or BMP picture"),
        ("test/cat/nothing.png", "the picture is empty"),
    ]
    assert data.counts()["train"] == {"cat": 9, "dog": 8}
    assert data.counts()["test"] == {"cat": 9, "dog": 9}
    assert said.startswith(f"3 of 46 picture files can't be read and are left out: {broken} (the picture is truncated")


def test_more_broken_files_than_allowed_are_an_error_that_names_the_first(pets: Path) -> None:
    names = [truncate(picture) for picture in sorted((pets / "train" / "dog").iterdir())[:4]]
    with pytest.raises(DataInvalid) as raised:
        read(pets, max_bad=0.08)
    assert raised.value.detail.startswith("4 of 44 picture files can't be read, more than the allowed 0.08: ")
    assert [name in raised.value.detail for name in names] == [True, True, True, False]
    assert len(read(pets, max_bad=0.1)[0].skipped) == 4


def test_one_broken_file_in_a_hundred_is_the_limit_unless_told(pets: Path) -> None:
    truncate(first(pets / "train" / "dog"))
    with pytest.raises(DataInvalid, match=r"more than the allowed 0\.01"):
        load(pets)


def test_a_label_whose_pictures_are_all_broken_is_an_error(pets: Path) -> None:
    for picture in (pets / "test" / "dog").iterdir():
        truncate(picture)
    with pytest.raises(DataInvalid, match="No picture of the label 'dog' in 'test' can be read"):
        read(pets, max_bad=0.5)


def test_a_picture_in_two_splits_is_a_leak(pets: Path) -> None:
    shutil.copyfile(first(pets / "train" / "dog"), pets / "test" / "dog" / "copy.png")
    with pytest.raises(DataInvalid, match=r"train/dog/\d+.png and test/dog/copy.png are the same"):
        load(pets)


def test_a_folder_without_test_pictures_is_refused(pets: Path) -> None:
    shutil.rmtree(pets / "test")
    with pytest.raises(DataInvalid, match="no folder 'test'"):
        load(pets)


def test_a_label_that_was_never_trained_is_refused(pets: Path) -> None:
    (pets / "test" / "wolf").mkdir()
    with pytest.raises(DataInvalid, match="'wolf' of 'test' has no training pictures"):
        load(pets)


def test_a_label_without_pictures_is_refused(pets: Path) -> None:
    shutil.rmtree(pets / "test" / "dog")
    with pytest.raises(DataInvalid, match="'dog' has no picture in 'test'"):
        load(pets)


def test_one_label_is_no_classification(pets: Path) -> None:
    shutil.rmtree(pets / "train" / "dog")
    with pytest.raises(DataInvalid, match="at least two labels"):
        load(pets)


def test_a_label_with_a_single_picture_has_none_for_validation(pets: Path) -> None:
    shutil.rmtree(pets / "validation")
    for picture in sorted((pets / "train" / "cat").iterdir())[1:]:
        picture.unlink()
    with pytest.raises(DataInvalid, match="'cat' has too few"):
        load(pets)


def test_a_folder_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(DataUnknown):
        load(tmp_path / "none")
    with pytest.raises(DataUnknown, match="neither the data set cifar10 nor a picture folder"):
        Catalog(TrainingSettings(_env_file=None), Console()).load(str(tmp_path / "none"))


def test_an_export_never_writes_into_a_folder_with_content(pets: Path) -> None:
    with pytest.raises(StorageFailed, match="isn't empty"):
        export_folders(sample(), pets)


def test_an_unknown_label_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match="no label 'wolf'"):
        export_folders(sample(), tmp_path / "new", ["cat", "wolf"])
    assert list(tmp_path.iterdir()) == []
