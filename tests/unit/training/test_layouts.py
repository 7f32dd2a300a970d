import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from contract.inputs import ImageInput
from tests.support.cifar10 import sample
from training.data.dataset import DataSet, Pixels
from training.data.duplicates import near_duplicates
from training.data.export import export_folders
from training.data.folders import PictureFolder
from training.errors import DataInvalid


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """40 cats, 30 dogs and 20 frogs, and no splits."""
    export_folders(sample(), tmp_path / "all", ["cat", "dog", "frog"])
    for label, count in (("cat", 40), ("dog", 30), ("frog", 20)):
        for picture in sorted((tmp_path / "all" / "train" / label).iterdir())[:count]:
            keep(np.asarray(Image.open(picture)), tmp_path / "plain" / label / picture.name)
    return tmp_path / "plain"


def keep(image: Pixels, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def read(folder: Path) -> tuple[DataSet, str]:
    said = io.StringIO()
    return PictureFolder(folder, ImageInput(height=32, width=32), Console(file=said)).load(), said.getvalue()


def test_a_folder_without_splits_is_split_80_10_10_for_each_label(plain: Path) -> None:
    data, _ = read(plain)
    assert data.labels == ("cat", "dog", "frog")
    assert data.counts() == {
        "train": {"cat": 28, "dog": 24, "frog": 16},
        "validation": {"cat": 4, "dog": 3, "frog": 2},
        "test": {"cat": 4, "dog": 3, "frog": 2},
    }
    assert read(plain)[0].digests() == data.digests()


def test_every_picture_is_in_one_split_with_its_own_label(plain: Path) -> None:
    data, _ = read(plain)
    bodies = {
        split.body(index): data.labels[split.labels[index]] for _, split in data.splits() for index in range(len(split))
    }
    files = {path.read_bytes(): path.parent.name for path in plain.glob("*/*")}
    assert bodies == files


def test_no_photo_is_in_two_splits_in_another_guise(plain: Path) -> None:
    for path in sorted(plain.glob("*/*.png")):
        image = np.asarray(Image.open(path))
        keep(image[:, ::-1], path.with_name(f"{path.stem}-mirrored.png"))
        keep((image * 0.8).astype(np.uint8), path.with_name(f"{path.stem}-darker.png"))
    data, _ = read(plain)
    assert data.counts()["test"]["dog"] in range(6, 13)
    for first, second in ((data.train, data.test), (data.validation, data.test), (data.train, data.validation)):
        assert near_duplicates(first.images, second.images) == []


def test_a_label_may_be_called_like_a_split(plain: Path) -> None:
    (plain / "dog").rename(plain / "train")
    assert read(plain)[0].labels == ("cat", "frog", "train")


def test_a_label_that_is_one_photo_again_and_again_can_not_be_split(plain: Path) -> None:
    image = np.asarray(Image.open(min((plain / "dog").iterdir())))
    shutil.rmtree(plain / "dog")
    for number in range(30):
        keep(np.clip(image.astype(int) + number, 0, 255).astype(np.uint8), plain / "dog" / f"{number}.png")
    with pytest.raises(DataInvalid, match="The label 'dog' has too few different pictures for 3 splits"):
        read(plain)


def test_near_duplicates_between_given_splits_are_told_and_kept(tmp_path: Path) -> None:
    export_folders(sample(), tmp_path / "pets", ["cat", "dog"], limit=9)
    assert "Warning" not in read(tmp_path / "pets")[1]
    picture = min((tmp_path / "pets" / "train" / "dog").iterdir())
    keep(np.asarray(Image.open(picture))[:, ::-1], tmp_path / "pets" / "test" / "dog" / "again.png")
    data, said = read(tmp_path / "pets")
    wanted = "Warning: 1 of 19 test pictures have near-duplicates in train, such as test/dog/again.png and train/dog/"
    assert said.startswith(wanted)
    assert len(data.test) == 19


def test_a_missing_validation_split_shares_no_photo_with_training(tmp_path: Path) -> None:
    export_folders(sample(), tmp_path / "pets", ["cat", "dog"])
    shutil.rmtree(tmp_path / "pets" / "validation")
    for picture in sorted((tmp_path / "pets" / "train").glob("*/*.png")):
        keep(np.asarray(Image.open(picture))[:, ::-1], picture.with_name(f"{picture.stem}-mirrored.png"))
    data, _ = read(tmp_path / "pets")
    assert data.counts()["validation"] == {"cat": 6, "dog": 6}  # pairs, of which a seventh would be torn apart
    assert near_duplicates(data.train.images, data.validation.images) == []
