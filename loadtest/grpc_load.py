"""Clients of Triton's gRPC API, with the tensor ready-made."""

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Literal

import grpc.aio
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc.service_pb2_grpc import GRPCInferenceServiceStub

from loadtest.schedule import Schedule

SIZES = {"UINT8": 1, "FP32": 4}
"""Bytes of a number."""


@dataclass(frozen=True)
class GrpcTarget:
    """One tensor of zeros, sent again and again: a picture or a row."""

    address: str
    model: str
    tensor: str
    shape: tuple[int, ...]
    """Of one example: height, width, channels; or columns."""
    datatype: Literal["UINT8", "FP32"] = "UINT8"

    def message(self) -> pb.ModelInferRequest:
        """The request, a batch of one."""
        return pb.ModelInferRequest(
            model_name=self.model,
            inputs=[
                pb.ModelInferRequest.InferInputTensor(name=self.tensor, datatype=self.datatype, shape=(1, *self.shape))
            ],
            raw_input_contents=[bytes(math.prod(self.shape) * SIZES[self.datatype])],
        )

    async def run(self, clients: int, schedule: Schedule) -> None:
        """Keep `clients` calls in flight until the schedule is over."""
        async with grpc.aio.insecure_channel(self.address, options=(("grpc.enable_http_proxy", 0),)) as channel:
            infer = GRPCInferenceServiceStub(channel).ModelInfer
            message = self.message()

            async def user() -> None:
                while not schedule.is_over:
                    sent = time.perf_counter()
                    try:
                        await infer(message)
                    except grpc.aio.AioRpcError:
                        schedule.note(sent, good=False)
                    else:
                        schedule.note(sent, good=True)

            await asyncio.gather(*(user() for _ in range(clients)))
