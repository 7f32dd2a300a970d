"""A gateway that is killed in the middle of an upload, and one that takes a large one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.unit.examples.rig import DATA, RED, manifests, objects, upload
from tests.unit.gateway.rig import gateway

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from gateway.examples.storage import ExampleStorage
from tests.unit.examples.rig import RED, upload
from tests.unit.gateway.rig import gateway

async def die(self, path, data):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    ExampleStorage.create = die
    async with gateway(Path(sys.argv[1]), examples=sys.argv[2]) as http:
        await upload(http, RED)

asyncio.run(main())
"""
LARGE = """
import asyncio, resource, sys
from pathlib import Path
from tests.unit.examples.rig import CSV, DATA, ROWS
from tests.unit.gateway.rig import encode, gateway
import numpy as np
from PIL import Image

def pictures(count):
    random = np.random.default_rng(0)
    for number in range(count):
        pixels = random.integers(0, 255, (700, 700, 3), np.uint8)
        head = f'--b\\r\\nContent-Disposition: form-data; name="picture"; filename="{number}.bmp"\\r\\n\\r\\n'
        yield head.encode() + encode(Image.fromarray(pixels), "BMP") + b"\\r\\n"
    yield b"--b--\\r\\n"

def rows(megabytes):
    yield b"key,age,income,employed,purpose,outcome,rest\\n"
    for number in range(megabytes):
        yield b"".join(b"%d,31,%d,1,car,good,%s\\n" % (n, 1000 * number + n, b"x" * 1000) for n in range(1000))

async def later(pieces):
    for piece in pieces:
        yield piece

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

async def main():
    async with gateway(Path(sys.argv[1]), examples=sys.argv[2]) as http:
        async def send(address, kind, pieces):
            headers, params = {"Content-Type": kind}, {"label": "cat"}
            answer = await http.post(address, params=params, content=later(pieces), headers=headers)
            assert answer.is_success, answer.text
            return answer.json()["accepted"]
        kinds = [(DATA, "multipart/form-data; boundary=b", pictures), (ROWS, "text/csv", rows)]
        for address, kind, pieces in kinds:
            await send(address, kind, pieces(30))
        before = used()
        for address, kind, pieces in kinds:
            print(await send(address, kind, pieces(100)))
        print(used() - before)

asyncio.run(main())
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ORT_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", code, *arguments]
    root = Path(__file__).parents[3]
    return subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, timeout=200, check=False)


async def test_a_gateway_killed_before_the_manifest_leaves_no_half_batch(repository: Path, tmp_path: Path) -> None:
    examples = tmp_path / "examples"
    (tmp_path / "models").symlink_to(repository)
    assert run(KILLED, str(repository), str(examples)).returncode == -signal.SIGKILL
    assert list(objects(tmp_path / "models").values()) == [RED]
    assert manifests(tmp_path / "models") == []
    async with gateway(repository, examples=str(examples)) as http:
        assert (await http.get(DATA)).json()["examples"] == 0
        assert (await upload(http, RED))["accepted"] == 1


def test_memory_does_not_grow_with_an_upload(repository: Path, tmp_path: Path) -> None:
    """Of 150 MB of pictures, and 100 MB of rows; what smaller uploads took is the measure."""
    done = run(LARGE, str(repository), str(tmp_path / "examples"))
    assert done.returncode == 0, done.stderr[-2000:]
    pictures, rows, grown = done.stdout.split()
    assert (int(pictures), int(rows)) == (70, 70_000)
    assert float(grown) < 70, grown
