"""Control groups come and go with their cluster, whichever version the kernel has."""

from pathlib import Path

import pytest

from tests.cluster.kit.cgroups import group_name, hierarchies, make_groups, remove_groups


@pytest.fixture(params=["v1", "v2"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Folders where the kernel's would be; a real group has no files that would hinder its removal."""
    if request.param == "v2":
        (tmp_path / "cgroup.controllers").touch()
        return tmp_path
    for name in ("cpu,cpuacct", "memory"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").touch()
    (tmp_path / "cpu").symlink_to(tmp_path / "cpu,cpuacct")
    return tmp_path


def test_every_hierarchy_gets_the_group(root: Path) -> None:
    make_groups("one", root)
    assert all((hierarchy / "trireme-one").is_dir() for hierarchy in hierarchies(root))
    assert not any(hierarchy.is_symlink() for hierarchy in hierarchies(root))


def test_all_of_a_cluster_goes_and_nothing_of_another(root: Path) -> None:
    make_groups("one", root)
    make_groups("other", root)
    for hierarchy in hierarchies(root):
        (hierarchy / "trireme-one" / "kubepods" / "burstable" / "pod1").mkdir(parents=True)
    remove_groups("one", root)
    left = {path.name for hierarchy in hierarchies(root) for path in hierarchy.glob("trireme-*")}
    assert left == {"trireme-other"}


def test_a_group_that_stays_busy_is_given_up(root: Path) -> None:
    make_groups("one", root)
    busy = hierarchies(root)[0] / "trireme-one" / "file-that-hinders"
    busy.touch()
    remove_groups("one", root, patience_s=0.2)
    assert busy.exists()


def test_the_name_is_what_the_kubelet_wants() -> None:
    assert group_name("suite-7") == "/trireme-suite-7"
