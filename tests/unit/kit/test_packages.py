"""What is missing is said by name."""

import pytest

from tests.cluster.kit import packages
from tests.cluster.kit.errors import ToolsMissing
from tests.cluster.kit.packages import LIST, check_packages, missing, named, required


def test_the_list_reads_as_packages_and_signs() -> None:
    assert required("# comment\nrunc  runc\ncni /usr/lib/cni/ptp  # plugin\n\n") == {
        "runc": "runc",
        "cni": "/usr/lib/cni/ptp",
    }


def test_every_listed_package_has_a_sign() -> None:
    assert len(required(LIST.read_text())) == sum(line[0] != "#" for line in LIST.read_text().splitlines() if line)


def test_a_command_or_a_file_shows_that_a_package_is_there() -> None:
    assert missing({"here": "sh", "file": "/bin/sh", "gone": "no-such-command", "lost": "/no/such/file"}) == [
        "gone",
        "lost",
    ]


def test_one_sentence_names_all_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "missing", lambda _: ["buildah", "nftables", "runc"])
    with pytest.raises(ToolsMissing, match=r"^The hermetic cluster needs buildah, nftables and runc from Debian"):
        check_packages()


def test_names_read_as_a_sentence() -> None:
    assert [named(["a"]), named(["a", "b"]), named(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
