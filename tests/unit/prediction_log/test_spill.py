"""Journals that lost their process are adopted, by one."""

import os
import subprocess
import sys
from pathlib import Path

from gateway.prediction_log.spill import Spill

HOLD = """
import sys, time
from pathlib import Path
from gateway.prediction_log.spill import Spill
claim = Spill(Path(sys.argv[1])).begin()
(claim.folder / "000000000001.entries").write_bytes(b"")
print(claim.folder.name, flush=True)
time.sleep(60)
"""


def test_a_journal_is_adopted_when_its_process_was_killed_and_not_before(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert list(spill.orphans()) == []
        process.kill()
        process.wait()
        (claim,) = spill.orphans()
        assert claim.folder.name == name
        # A second one comes too late.
        assert list(spill.orphans()) == []
        claim.release()
    assert [path.name for path in claim.folder.iterdir()] != [], "what is in it stays"


def test_an_empty_journal_goes_with_its_process(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    first, second = spill.begin(), spill.begin()
    assert set(spill.folders()) == {first.folder, second.folder}
    first.release()
    assert spill.folders() == [second.folder]
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_may_look_into_a_journal(tmp_path: Path) -> None:
    claim = Spill(tmp_path).begin()
    assert claim.folder.stat().st_mode & 0o077 == 0
    claim.release()
