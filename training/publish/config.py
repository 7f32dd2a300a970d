"""Triton's `config.pbtxt` of a version, made through Triton's own model_config proto."""

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from contract.card import Engine, Output
from contract.inputs import Input
from contract.names import ModelVersion
from contract.repository import LABELS

TYPES = {"image": pb.TYPE_UINT8, "table": pb.TYPE_FP32}
"""Of the input tensor, by the kind of input."""


def version_config(name: str | ModelVersion, schema: Input, output: Output, engine: Engine) -> str:
    """The configuration of a classifier, as text.

    Batches form while the instances are busy, and wait for more only where the engine has a queue delay; the smallest
    and the largest batch are run once before the model counts as loaded.
    """
    config = pb.ModelConfig(
        name=str(name),
        backend=engine.backend,
        max_batch_size=engine.max_batch_size,
        default_model_filename=engine.artefact.rpartition("/")[2],
        input=[pb.ModelInput(name=schema.tensor, data_type=TYPES[schema.kind], dims=schema.shape)],
        output=[_output(output)],
        instance_group=[_instances(engine)],
        dynamic_batching=pb.ModelDynamicBatching(max_queue_delay_microseconds=engine.queue_delay_us),
        parameters={key: pb.ModelParameter(string_value=value) for key, value in sorted(engine.parameters.items())},
        optimization=_optimization(engine),
        model_warmup=[_warmup(schema, size) for size in sorted({1, engine.max_batch_size})],
    )
    text: str = text_format.MessageToString(config)
    return text


def _instances(engine: Engine) -> pb.ModelInstanceGroup:
    group = pb.ModelInstanceGroup
    kind = group.KIND_CPU if engine.provider == "cpu" else group.KIND_GPU
    return group(count=engine.instances, kind=kind)


def _optimization(engine: Engine) -> pb.ModelOptimizationPolicy | None:
    if engine.provider != "tensorrt":
        return None
    accelerators = pb.ModelOptimizationPolicy.ExecutionAccelerators
    tensorrt = accelerators.Accelerator(name="tensorrt", parameters={"precision_mode": "FP32"})
    return pb.ModelOptimizationPolicy(execution_accelerators=accelerators(gpu_execution_accelerator=[tensorrt]))


def _output(output: Output) -> pb.ModelOutput:
    dims = [len(output.labels)]
    return pb.ModelOutput(name=output.tensor, data_type=pb.TYPE_FP32, dims=dims, label_filename=LABELS)


def _warmup(schema: Input, size: int) -> pb.ModelWarmup:
    zeros = pb.ModelWarmup.Input(data_type=TYPES[schema.kind], dims=schema.shape, zero_data=True)
    return pb.ModelWarmup(name=f"batch-{size}", batch_size=size, inputs={schema.tensor: zeros})
