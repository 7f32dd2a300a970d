"""Which number a new version gets."""

from pathlib import Path

from contract.names import ModelVersion
from tests.support.versions import make_version
from training.publish.publisher import _next_version


def test_a_new_version_comes_after_every_folder_of_its_model(tmp_path: Path) -> None:
    assert _next_version(tmp_path, "tiny") == ModelVersion("tiny", 1)
    make_version(tmp_path, "tiny", 9)
    make_version(tmp_path, "tiny-two", 40)
    assert _next_version(tmp_path, "tiny").version == 10
    # On its way there, or left by something that died.
    (tmp_path / "tiny-v12").mkdir()
    assert _next_version(tmp_path, "tiny").version == 13
