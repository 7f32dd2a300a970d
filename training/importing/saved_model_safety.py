"""What a SavedModel may hold: operations that compute, and those with which its variables are kept.

Taken are the operations that tf2onnx converts (what it can't convert can't be served), and a short list of those that
hold a SavedModel together. So files, Python functions, queues to other processes, printing and operations of other
libraries are out, in every function, called or not. Saving and restoring is allowed in the two functions that
TensorFlow itself writes for it and nothing else calls.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef
from tf2onnx.handler import tf_op
from tf2onnx.tfonnx import process_tf_graph  # noqa: F401  it registers the handlers

from training.importing.errors import ArtefactUnsafe

PLUMBING = frozenset(
    {
        # Variables and calls.
        *("VarHandleOp", "ReadVariableOp", "AssignVariableOp", "VarIsInitializedOp", "DisableCopyOnRead"),
        *("PartitionedCall", "StatefulPartitionedCall", "Case", "StatelessCase", "Assert", "ControlTrigger"),
        # What layers do in training: moving averages, dropout, gradients.
        *("AssignAddVariableOp", "AssignSubVariableOp", "PreventGradient", "BroadcastGradientArgs", "BroadcastArgs"),
        *("StatelessRandomUniformV2", "StatelessRandomNormalV2", "StatelessRandomGetKeyCounter"),
        *("StatelessRandomGetAlg", "StatelessRandomGetKeyCounterAlg", "RngReadAndSkip", "Bitcast"),
    }
)
KEEPING = frozenset(
    {"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename", "StaticRegexFullMatch", "StringJoin"}
)
"""Allowed in the saver's own functions only: they read and write files."""
NOT_COMPUTING = frozenset({"FIFOQueueV2", "IteratorGetNext", "IteratorV2"})
"""What tf2onnx knows because it cuts graphs there."""


def check_safe(graph: MetaGraphDef) -> None:
    """Look at every node of the graph and of its library; raises `ArtefactUnsafe` with the first foreign operation."""
    computing = computing_operations()
    keepers = saver_functions(graph)
    _check(graph.graph_def.node, computing)
    for function in graph.graph_def.library.function:
        allowed = computing | KEEPING if function.signature.name in keepers else computing
        _check(function.node_def, allowed)


def computing_operations() -> frozenset[str]:
    """The operations that are taken anywhere."""
    known = {name for versions in tf_op.get_opsets().values() for version in versions for name in version}
    return frozenset(name for name in known if not name.startswith("Queue")) - NOT_COMPUTING | PLUMBING


def saver_functions(graph: MetaGraphDef) -> set[str]:
    """The functions that only the saver's own two nodes call, and that no object of the model names."""
    saver = {graph.saver_def.save_tensor_name.partition(":")[0], graph.saver_def.restore_op_name}
    ours = {name for node in graph.graph_def.node if node.name in saver for name in _called(node)}
    calls = Counter(name for node in _all_nodes(graph) if node.name not in saver for name in _called(node))
    objects = graph.object_graph_def.concrete_functions
    return {name for name in ours if not calls[name] and name not in objects}


def _check(nodes: Iterable[NodeDef], allowed: frozenset[str]) -> None:
    for node in nodes:
        if node.op not in allowed:
            raise ArtefactUnsafe(
                f"The SavedModel has the operation {node.op}, which isn't among those that only compute; "
                "export the inference function alone, for example with Keras's model.export."
            )


def _all_nodes(graph: MetaGraphDef) -> Iterator[NodeDef]:
    yield from graph.graph_def.node
    for function in graph.graph_def.library.function:
        yield from function.node_def


def _called(node: NodeDef) -> Iterator[str]:
    for value in node.attr.values():
        yield from (value.func.name, *(function.name for function in value.list.func))
