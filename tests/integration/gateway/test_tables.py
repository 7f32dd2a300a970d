"""Tables before a real Triton: rows by value, in files and by id get what Triton says, in bounded memory."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.card import FEATURES, FeatureTable
from contract.names import ModelVersion
from contract.table import Encoder
from gateway.app import create_app
from modelserver.ports import find_free
from modelserver.temporary import TemporaryServer
from tests.support.table_versions import SCHEMA, make_table_version, risk
from tests.unit.gateway.rig import client, eventually, settings
from tests.unit.gateway.table_rig import FILE, ROWS

NAME = ModelVersion("credit", 1)
COUNT = 1000


def rows(count: int = COUNT) -> list[dict[str, Any]]:
    return [
        {
            "key": index,
            "age": 18 + index % 90,
            "income": None if index % 11 == 0 else 13.5 * index,
            "employed": index % 2 == 0,
            "purpose": ("car", "house", "boat")[index % 3],
        }
        for index in range(count)
    ]


def store(folder: Path) -> None:
    pq.write_table(pa.Table.from_pylist(rows()), folder / FEATURES)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_table_version(
        root, NAME.model, NAME.version, put=store, batch_size=4096, feature_table=FeatureTable(rows=COUNT)
    )
    return root


@pytest.fixture(scope="module")
def triton(repository: Path) -> Iterator[TemporaryServer]:
    with TemporaryServer(repository, [NAME]) as server:
        yield server


@pytest.fixture
async def http(repository: Path, triton: TemporaryServer, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    given = settings(repository, triton_addresses=(triton.grpc_address,), feature_cache=tmp_path)
    async with client(create_app(given)) as http:
        yield http


async def test_rows_by_value_by_id_and_in_files_get_what_triton_says(
    http: httpx.AsyncClient, triton: TemporaryServer
) -> None:
    features = Encoder(SCHEMA).rows(rows()).features
    wanted = np.concatenate(
        [triton.infer(NAME, {"features": features[at : at + 50]})["probabilities"] for at in range(0, COUNT, 50)]
    )
    np.testing.assert_allclose(wanted[:, 1], risk(features), rtol=1e-4)
    by_value = (await http.post(ROWS, json={"rows": rows()})).json()["predictions"]
    by_id = (await http.post(ROWS, json={"ids": list(range(COUNT))})).json()["predictions"]
    for found in (by_value, by_id):
        assert [one["row_id"] for one in found] == list(range(COUNT))
        np.testing.assert_allclose([one["probabilities"]["bad"] for one in found], wanted[:, 1], rtol=1e-5)
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows()), sink)
    kind = "application/vnd.apache.parquet"
    answer = await http.post(FILE, content=sink.getvalue(), headers={"content-type": kind})
    scored = pq.read_table(io.BytesIO(answer.content))
    np.testing.assert_allclose(scored["probability_bad"].to_numpy(), wanted[:, 1], rtol=1e-5)
    assert scored["id"].to_pylist() == list(range(COUNT))


async def test_one_row_alone_is_answered(http: httpx.AsyncClient) -> None:
    answer = (await http.post(ROWS, json={"row": rows(1)[0]})).json()
    assert answer["probabilities"]["bad"] == pytest.approx(float(risk(Encoder(SCHEMA).rows(rows(1)).features)[0]), 1e-4)
    assert (await http.get("/health/ready")).json()["status"] == "ready"


@pytest.fixture
def process(repository: Path, triton: TemporaryServer, tmp_path: Path) -> Iterator[tuple[int, str]]:
    """A gateway in a process of its own: its pid and address."""
    port = find_free().http
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "GATEWAY_REPOSITORY": str(repository),
        "GATEWAY_SERVED": "",
        "GATEWAY_AUTH": "off",
        "GATEWAY_LOG": "off",
        "GATEWAY_TRITON_ADDRESSES": f'["{triton.grpc_address}"]',
        "GATEWAY_FEATURE_CACHE": str(tmp_path),
    }
    with subprocess.Popen([sys.executable, "-m", "gateway"], env=environment, stderr=subprocess.DEVNULL) as running:
        try:
            url = f"http://127.0.0.1:{port}"
            eventually(lambda: is_ready(url), 60)
            yield running.pid, url
        finally:
            running.send_signal(signal.SIGINT)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def peak_mb(pid: int) -> float:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def test_ten_times_the_rows_take_no_more_memory(process: tuple[int, str]) -> None:
    pid, url = process
    peaks = []
    headers = {"content-type": "application/vnd.apache.parquet"}
    for times in (15, 150):
        sink = io.BytesIO()
        pq.write_table(pa.concat_tables([pa.Table.from_pylist(rows(10_000))] * times), sink, row_group_size=10_000)
        answer = httpx.post(f"{url}{FILE}", content=sink.getvalue(), headers=headers, timeout=200)
        assert pq.ParquetFile(io.BytesIO(answer.content)).metadata.num_rows == 10_000 * times
        peaks.append(peak_mb(pid))
    # The larger file's features and answers together are several hundred MB.
    assert peaks[1] - peaks[0] < 100
