"""Health, models, metrics, documentation, headers: what every gateway shows."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from contract.repository import CARD
from contract.tabular.formats import MEDIA_TYPES
from gateway import docs_ui, errors
from gateway.app import create_app
from gateway.identity.access import RULES
from gateway.metrics import PREFIX, Metrics
from gateway.observation import SAFE_HEADERS
from tests.support.versions import CIFAR10, make_version
from tests.unit.gateway.rig import BATCH, PREDICT, RedServer, check_problem, gateway, png, settings

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
async def http(repository: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway(repository) as http:
        yield http


@pytest.mark.parametrize("path", ["/health", "/health/live"])
async def test_health_tells_uptime_version_and_what_is_served(http: httpx.AsyncClient, path: str) -> None:
    health = (await http.get(path)).json()
    assert health["status"] == "live"
    assert health["uptime_s"] >= 0
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", health["version"])
    assert health["models"] == [{"model": "tiny", "stable": 2, "served": [1, 2]}]


async def test_ready_means_that_every_served_model_answers(http: httpx.AsyncClient) -> None:
    answer = await http.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["models"] == [{"model": "tiny", "version": 2, "ready": True, "code": None}]


async def test_many_readiness_probes_cause_one_inference(repository: Path) -> None:
    server = RedServer()
    async with gateway(repository, server, ready_cache_s=60) as http:
        await asyncio.gather(*(http.get("/health/ready") for _ in range(20)))
    assert len(server.sizes) == 1


async def test_a_model_that_hangs_makes_the_gateway_unready(repository: Path) -> None:
    server = RedServer()
    server.go.clear()
    async with gateway(repository, server, ready_timeout_s=0.05) as http:
        answer = await http.get("/health/ready")
    assert (answer.status_code, answer.json()["models"][0]["code"]) == (503, "model-server-timeout")


async def test_a_damaged_stable_card_makes_the_gateway_unready_and_leaves_other_models_alone(tmp_path: Path) -> None:
    from contract.served import Served, ServedModel

    make_version(tmp_path, "good", 1)
    make_version(tmp_path, "bad", 1)
    (tmp_path / "bad-v1" / CARD).write_text("{}")
    served = tmp_path / "served.json"
    one = ServedModel(stable=1, versions=(1,))
    Served(models={"good": one, "bad": one}).write(served)
    async with gateway(tmp_path, served=served) as http:
        ready = (await http.get("/health/ready")).json()
        assert {entry["model"]: entry["code"] for entry in ready["models"]} == {"good": None, "bad": "model-not-served"}
        assert (await http.post("/v1/models/good/predict", content=png((1, 0, 0)))).status_code == 200
        check_problem(await http.post("/v1/models/bad/predict", content=png()), 404, "model-unknown")


async def test_models_are_listed_with_the_state_of_each_version(http: httpx.AsyncClient) -> None:
    (model,) = (await http.get("/v1/models")).json()["models"]
    assert (model["name"], model["task"], model["stable"]) == ("tiny", "image-classification", 2)
    assert [(one["version"], one["state"]) for one in model["versions"]] == [(1, "served"), (2, "stable")]


async def test_a_model_is_shown_with_schema_labels_metrics_lineage_and_versions(http: httpx.AsyncClient) -> None:
    model = (await http.get("/v1/models/tiny")).json()
    assert model["input"]["height"] == 32
    assert model["labels"] == list(CIFAR10)
    assert model["metrics"]["accuracy"] == 1
    assert model["lineage"]["source"] == "made by hand"
    assert model["gates"][0]["name"] == "conversion"
    assert (model["version"], len(model["versions"])) == (2, 2)
    assert (await http.get("/v1/models/tiny?version=1")).json()["version"] == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [("/v1/models/nope", "model-unknown"), ("/v1/models/tiny?version=9", "version-unknown"), ("/nope", "not-found")],
)
async def test_what_is_not_there_is_a_problem(http: httpx.AsyncClient, path: str, code: str) -> None:
    check_problem(await http.get(path), 404, code)


@pytest.mark.parametrize("path", ["/health", "/nope", "/docs", "/metrics"])
async def test_every_answer_has_safe_headers_and_a_trace_id(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers={"Origin": "http://elsewhere"})
    for name, value in SAFE_HEADERS.items():
        assert answer.headers[name] == value
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-trace-id"])
    assert "access-control-allow-origin" not in answer.headers


def samples(text: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_metrics_move(http: httpx.AsyncClient) -> None:
    await http.post(PREDICT, content=png((3, 0, 0)))
    await http.post(BATCH, files=[("files", png((4, 0, 0))), ("files", b"x")])
    await http.get("/made/up")
    await http.request("BREW", PREDICT)
    found = samples((await http.get("/metrics")).text)
    route = "/v1/models/{model}/predict"
    assert found[PREFIX + "requests_total", f"method=POST,route={route},status=200"] == 1
    assert found[PREFIX + "requests_total", f"method=other,route={route},status=405"] == 1
    assert found[PREFIX + "requests_total", "method=GET,route=unmatched,status=404"] == 1
    assert found[PREFIX + "request_seconds_count", f"route={route}"] == 2
    assert found[PREFIX + "predictions_total", "label=cat,model=tiny,version=2"] == 1
    assert found[PREFIX + "predictions_total", "label=deer,model=tiny,version=2"] == 1
    assert found[PREFIX + "rejected_total", "code=picture-unsupported"] == 1
    assert found[PREFIX + "decode_seconds_count", ""] == 2
    assert found[PREFIX + "requests_in_flight", ""] == 0
    assert found[PREFIX + "pictures_in_flight", "model=tiny,version=2"] == 0
    assert found[PREFIX + "buffered_bytes", ""] == 0
    assert found[PREFIX + "served_version", "model=tiny,version=1"] == 1
    assert found[PREFIX + "served_version", "model=tiny,version=2"] == 2


def test_every_metric_is_documented() -> None:
    page = (DOCS / "gateway.md").read_text() + (DOCS / "observability.md").read_text()
    for family in Metrics().registry.collect():
        assert family.name.startswith((PREFIX, "trireme_build_info", "process_", "python_gc_"))
        suffix = "_total" if family.type == "counter" else ""
        assert f"`{family.name}{suffix}`" in page, family.name


def paths(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def test_every_endpoint_is_documented(repository: Path) -> None:
    page = (DOCS / "api.md").read_text()
    found = list(paths(create_app(settings(repository)).openapi()))
    described = {(method, path) for method, path, _ in found}
    assert described == {rule for rule in RULES if not rule[1].startswith(("/docs", "/openapi.json"))}
    for method, path, _ in found:
        assert f"`{method} {path}`" in page, path


def test_every_error_of_the_gateway_is_in_its_tree() -> None:
    tree = errors.__doc__ or ""
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.GatewayError) and not error.__subclasses__():
            assert re.search(rf"{error.__name__} +{error.status}  {error.code}\n", tree), error


def test_openapi_tells_bodies_and_problems_right(repository: Path) -> None:
    document = create_app(settings(repository)).openapi()
    for _, path, operation in paths(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and path != "/health/ready":
                # What clients of the Open Inference Protocol read is plain JSON.
                wanted = "application/json" if path.startswith("/v2") else "application/problem+json"
                assert list(answer["content"]) == [wanted]
    predict = document["paths"]["/v1/models/{model}/predict"]["post"]
    assert set(predict["requestBody"]["content"]) == {
        "image/*",
        "application/octet-stream",
        "multipart/form-data",
        "application/json",
    }
    assert {"400", "404", "408", "413", "415", "422", "502", "503", "504"} <= set(predict["responses"])
    batch = document["paths"]["/v1/models/{model}/predict/batch"]["post"]
    assert set(batch["responses"]["200"]["content"]) == set(MEDIA_TYPES.values())
    assert set(batch["requestBody"]["content"]) == {"multipart/form-data", *MEDIA_TYPES.values()}
    validate = document["paths"]["/v1/models/{model}/validate"]["post"]
    assert set(validate["requestBody"]["content"]) == set(MEDIA_TYPES.values())
    assert {"413", "422", "507"} <= set(validate["responses"])
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_the_docs_page_uses_installed_assets(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "swagger-ui-bundle.js").write_text("// here")
    monkeypatch.setattr(docs_ui, "find_assets", lambda: tmp_path)
    async with gateway(repository) as http:
        page = (await http.get("/docs")).text
        assert "https://" not in page
        assert (await http.get("/docs/assets/swagger-ui-bundle.js")).text == "// here"
        assert (await http.get("/docs/assets/..%2f..%2fetc/passwd")).status_code == 404


async def test_the_docs_page_works_without_the_package_of_assets(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docs_ui, "PACKAGE", "no_such_package")
    async with gateway(repository) as http:
        page = await http.get("/docs")
    assert page.status_code == 200
    assert "/openapi.json" in page.text


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.settings import GatewaySettings

    monkeypatch.setenv("GATEWAY_SERVED", "")
    monkeypatch.setenv("GATEWAY_TRITON_ADDRESSES", '["a:1", "[::1]:8001"]')
    found = GatewaySettings()
    assert found.served is None
    assert found.triton_addresses == ("a:1", "[::1]:8001")
    for field in GatewaySettings.model_fields.values():
        assert field.description


@pytest.mark.parametrize("address", ["nonsense", "http://a:1", "a:1/b", "", "a b:1"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="triton_addresses"):
        settings(Path(), triton_addresses=(address,))
