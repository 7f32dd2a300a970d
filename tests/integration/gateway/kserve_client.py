"""A program: what KServe's client gets from the gateway at an address, as JSON."""

import asyncio
import json
import sys
from typing import Any

import httpx
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

from tests.unit.open_inference.requests import PICTURES


def request(model: str, *, as_bytes: bool) -> InferRequest:
    """Pictures to be answered in the form in which they are sent."""
    tensor = InferInput("image", list(PICTURES.shape), "UINT8")
    tensor.set_data_from_numpy(PICTURES, binary_data=as_bytes)
    return InferRequest(model, [tensor], "mine", parameters={"binary_data_output": as_bytes})


async def found(base: str) -> dict[str, Any]:
    """Everything that a caller may ask."""
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        as_json = await client.infer(base, request("tiny", as_bytes=False), "tiny")
        as_bytes = await client.infer(base, request("tiny", as_bytes=True), "tiny")
        return {
            "live": await client.is_server_live(base),
            "ready": await client.is_server_ready(base),
            "tiny": await client.is_model_ready(base, "tiny"),
            "nothing": await client.is_model_ready(base, "nothing"),
            "json": as_json.outputs[0].as_numpy().tolist(),
            "bytes": as_bytes.outputs[0].as_numpy().tolist(),
            "id": as_json.id,
            "refused": await refused(client, base),
        }


async def refused(client: InferenceRESTClient, base: str) -> str:
    """What the client says of a model that isn't there."""
    try:
        await client.infer(base, request("nothing", as_bytes=True), "nothing")
    except httpx.HTTPStatusError as error:
        return str(error)
    return "nothing was refused"


if __name__ == "__main__":
    print(json.dumps(asyncio.run(found(sys.argv[1]))))
