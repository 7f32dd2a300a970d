"""What an ONNX file may hold: one graph of ONNX's own operators, which compute and do nothing else."""

from onnx import ModelProto

from training.importing.errors import ArtefactUnsafe, ArtefactUnsupported
from training.importing.graphs import all_graphs

STANDARD = frozenset({"", "ai.onnx"})


def check_safe(model: ModelProto) -> None:
    """Look at every node before anything runs the model.

    Raises `ArtefactUnsafe` for an operator of another domain, which is a program of somebody's, and
    `ArtefactUnsupported` for functions and training steps inside the file.
    """
    for graph in all_graphs(model.graph):
        for node in graph.node:
            if node.domain not in STANDARD:
                raise ArtefactUnsafe(
                    f"The graph uses the operator {node.domain}.{node.op_type}; only ONNX's own operators are taken."
                )
    if model.functions:
        raise ArtefactUnsupported(
            "The graph has functions of its own; inline them first with onnx.inliner.inline_local_functions."
        )
    if model.training_info:
        raise ArtefactUnsupported("The file holds training steps besides the model; export it for inference.")
