"""Triton's `config.pbtxt` of a version, made through Triton's own model_config proto."""

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from contract.card import Engine, Output
from contract.inputs import ImageInput
from contract.names import ModelVersion
from contract.repository import LABELS


def image_config(name: ModelVersion, schema: ImageInput, output: Output, engine: Engine) -> str:
    """The configuration of an image classifier, as text.

    Batches form while the instance is busy (no queue delay: waiting only pays when nothing else fills the batch); the
    smallest and the largest batch are run once before the model counts as loaded.
    """
    config = pb.ModelConfig(
        name=name.triton_name,
        backend=engine.backend,
        max_batch_size=engine.max_batch_size,
        default_model_filename=engine.artefact.rpartition("/")[2],
        input=[pb.ModelInput(name=schema.tensor, data_type=pb.TYPE_UINT8, dims=schema.shape)],
        output=[_output(output)],
        instance_group=[pb.ModelInstanceGroup(count=1, kind=pb.ModelInstanceGroup.KIND_CPU)],
        dynamic_batching=pb.ModelDynamicBatching(),
        model_warmup=[_warmup(schema, size) for size in sorted({1, engine.max_batch_size})],
    )
    text: str = text_format.MessageToString(config)
    return text


def _output(output: Output) -> pb.ModelOutput:
    dims = [len(output.labels)]
    return pb.ModelOutput(name=output.tensor, data_type=pb.TYPE_FP32, dims=dims, label_filename=LABELS)


def _warmup(schema: ImageInput, size: int) -> pb.ModelWarmup:
    zeros = pb.ModelWarmup.Input(data_type=pb.TYPE_UINT8, dims=schema.shape, zero_data=True)
    return pb.ModelWarmup(name=f"batch-{size}", batch_size=size, inputs={schema.tensor: zeros})
