"""What the benchmarks of tables are made of."""

import os
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from loadtest.errors import ServerMissing
from loadtest.processor import seconds
from loadtest.tables.files import make_file
from loadtest.tables.in_process import InProcess
from loadtest.tables.memory import PeakMemory, listener


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_has_as_many_rows_as_wanted_each_with_an_id_of_its_own(tmp_path: Path, ending: str) -> None:
    source = tmp_path / "source.parquet"
    pq.write_table(pa.table({"key": [7, 7, 7], "age": [1, 2, 3]}), source)
    made = make_file(source, tmp_path / f"made.{ending}", 8, "key")
    table = pa_csv.read_csv(made) if ending == "csv" else pq.read_table(made)
    assert table["key"].to_pylist() == list(range(8))
    assert table["age"].to_pylist() == [1, 2, 3, 1, 2, 3, 1, 2]


def test_a_source_without_rows_is_an_error_and_not_endless(tmp_path: Path) -> None:
    source = tmp_path / "source.parquet"
    pq.write_table(pa.table({"key": pa.array([], pa.int64())}), source)
    with pytest.raises(LookupError):
        make_file(source, tmp_path / "made.csv", 8, None)


PROCESS = """
import json, sys
print(json.dumps(["quick"]), flush=True)
for line in sys.stdin:
    wanted = json.loads(line)
    print(json.dumps([wanted["seconds"] / 100] * 10), flush=True)
"""


def test_a_process_that_answers_rows_is_asked_by_lines() -> None:
    with InProcess(shlex.join([sys.executable, "-c", PROCESS])) as process:
        assert process.names == ["quick"]
        found = process.measure("quick", 0.0, 2.0)
    assert (found.throughput, found.latencies_s[0], found.errors) == (5.0, 0.02, 0)


def test_a_process_that_ends_early_is_an_error_and_not_a_figure() -> None:
    with pytest.raises(ServerMissing), InProcess(shlex.join([sys.executable, "-c", ""])):
        pass


def test_memory_that_a_process_took_for_a_while_is_seen() -> None:
    with PeakMemory(os.getpid()) as memory:
        held = bytearray(200_000_000)
        held[::4096] = b"x" * len(held[::4096])
        deadline = time.monotonic() + 30
        while memory.added_mb < 150 and time.monotonic() < deadline:
            time.sleep(0.01)
        del held
    assert memory.added_mb >= 150


def test_the_process_behind_a_port_is_found() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert listener(port) == os.getpid()
    with pytest.raises(LookupError):
        listener(port)


COMPUTE = """
import sys, time
while time.process_time() < 0.3: pass
print("done", flush=True)
sys.stdin.read()
"""


def test_processor_time_is_that_of_processes_and_their_children_each_counted_once() -> None:
    before = seconds([os.getpid()])
    with subprocess.Popen([sys.executable, "-c", COMPUTE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert seconds([os.getpid()]) - before >= 0.25
        once, own = seconds([child.pid]), psutil.Process(child.pid).cpu_times()
        assert seconds([child.pid, child.pid]) == once == own.user + own.system
