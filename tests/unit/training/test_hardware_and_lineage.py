import subprocess
from pathlib import Path

import pytest

import contract
from training.hardware import Hardware, read_hardware
from training.lineage import code_version, library_versions

CPUINFO = """processor\t: 0
model name\t: Example CPU
flags\t\t: fpu sse2 {flags}

processor\t: 1
model name\t: Other
"""


@pytest.mark.parametrize(
    ("flags", "gpus", "precision"),
    [
        ("avx2", 0, "float32"),
        ("avx512_bf16", 0, "float32"),
        ("avx512_bf16 amx_bf16", 0, "mixed_bfloat16"),
        ("", 1, "mixed_bfloat16"),
    ],
)
def test_bfloat16_is_used_where_it_pays(tmp_path: Path, flags: str, gpus: int, precision: str) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO.format(flags=flags))
    hardware = read_hardware(gpus, tmp_path / "cpuinfo")
    assert hardware.model == "Example CPU"
    assert hardware.precision == precision


def test_the_machine_is_one_line_with_what_decides_its_speed() -> None:
    assert str(Hardware("CPU", 2, frozenset({"amx_bf16"}), 1)) == "CPU, 2 cores, amx_bf16, 1 GPU"


def test_a_machine_without_cpuinfo_is_described_all_the_same(tmp_path: Path) -> None:
    hardware = read_hardware(0, tmp_path / "missing")
    assert hardware.model
    assert hardware.precision == "float32"


def test_the_commit_belongs_to_the_code_s_version_where_there_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "repo" / "package"
    folder.mkdir(parents=True)
    assert code_version(folder) == contract.__version__
    (folder / "code.py").write_text("1")
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(folder.parent), *identity, *command], check=True)
    assert code_version(folder).startswith(f"{contract.__version__}+")
    assert not code_version(folder).endswith(".changed")
    (folder / "code.py").write_text("2")
    assert code_version(folder).endswith(".changed")


def test_the_libraries_that_decide_the_outcome_are_named() -> None:
    assert {"python", "keras", "numpy", "pillow", "simplejpeg"} <= library_versions().keys()
