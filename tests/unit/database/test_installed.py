"""The database's steps come along wherever the gateway is installed."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from gateway.database import migrating
from tests.support.wheel import build_wheel

ASK = "import gateway.database.migrating as m; print(m.__file__, m.newest())"


def test_an_installed_gateway_knows_every_step_of_the_schema(tmp_path: Path) -> None:
    packages = tmp_path / "site-packages"
    zipfile.ZipFile(build_wheel(tmp_path, "contract", "gateway")).extractall(packages)
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        env=os.environ | {"PYTHONPATH": str(packages)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert asked.stdout.split() == [str(packages / "gateway/database/migrating.py"), migrating.newest()]
