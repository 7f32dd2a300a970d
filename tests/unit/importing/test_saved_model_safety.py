"""What a SavedModel may hold, in the form of its graph definition; real SavedModels are in the integration tests."""

import pytest
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef

from training.importing.errors import ArtefactUnsafe
from training.importing.saved_model_safety import check_safe, computing_operations, saver_functions

HARMFUL = (
    *("PyFunc", "EagerPyFunc", "PyFuncStateless", "ReadFile", "WriteFile", "MatchingFiles", "SaveV2", "RestoreV2"),
    *("Save", "Restore", "MergeV2Checkpoints", "ShardedFilename", "PrintV2", "DebugIdentity", "DebugIdentityV2"),
    *("TextLineReaderV2", "WholeFileReaderV2", "TFRecordDataset", "TextLineDataset", "LMDBReader", "LoadDataset"),
    *("InitializeTableFromTextFileV2", "LoadAndRemapMatrix", "GenerateVocabRemapping", "CacheDataset", "RemoteCall"),
    *("CreateSummaryFileWriter", "WriteSummary", "_Send", "_Recv", "CollectiveReduceV2", "DataServiceDatasetV2"),
    *("IteratorGetNext", "QueueDequeueV2", "FIFOQueueV2", "XlaLaunch", "XlaCallModule", "SomebodysOwnOp", ""),
)


def saved() -> MetaGraphDef:
    """What TensorFlow writes: a function for the signature, and two for the saver."""
    graph = MetaGraphDef()
    graph.saver_def.save_tensor_name = "save:0"
    graph.saver_def.restore_op_name = "restore"
    for name, operations in {
        "call": ["ReadVariableOp", "Conv2D", "BiasAdd", "Softmax"],
        "traced_save": ["ShardedFilename", "SaveV2", "MergeV2Checkpoints"],
        "traced_restore": ["RestoreV2", "AssignVariableOp"],
    }.items():
        function = graph.graph_def.library.function.add()
        function.signature.name = name
        for operation in operations:
            function.node_def.add(op=operation)
    for node, function_name in {"serve": "call", "save": "traced_save", "restore": "traced_restore"}.items():
        call = graph.graph_def.node.add(name=node, op="StatefulPartitionedCall")
        call.attr["f"].func.name = function_name
    graph.object_graph_def.concrete_functions["call"].SetInParent()
    return graph


def test_a_model_as_tensorflow_writes_it_is_taken() -> None:
    check_safe(saved())
    assert saver_functions(saved()) == {"traced_save", "traced_restore"}


@pytest.mark.parametrize("operation", HARMFUL)
def test_an_operation_that_does_more_than_compute_is_refused_wherever_it_is(operation: str) -> None:
    assert operation not in computing_operations()
    outside, inside = saved(), saved()
    outside.graph_def.node.add(op=operation)
    inside.graph_def.library.function[0].node_def.add(op=operation)
    for graph in (outside, inside):
        with pytest.raises(ArtefactUnsafe, match=f"operation {operation},"):
            check_safe(graph)


def test_a_function_that_nothing_calls_is_looked_at_too() -> None:
    graph = saved()
    graph.graph_def.library.function.add().node_def.add(op="ReadFile")
    with pytest.raises(ArtefactUnsafe):
        check_safe(graph)


@pytest.mark.parametrize("operation", ["ReadFile", "PyFunc", "WriteFile"])
def test_the_saver_s_functions_may_not_do_more_than_save(operation: str) -> None:
    graph = saved()
    graph.graph_def.library.function[1].node_def.add(op=operation)
    with pytest.raises(ArtefactUnsafe):
        check_safe(graph)


def test_a_saver_s_function_that_the_model_calls_counts_as_the_model_s() -> None:
    by_node, by_function, by_branch, by_object = saved(), saved(), saved(), saved()
    by_node.graph_def.node.add(op="PartitionedCall").attr["f"].func.name = "traced_restore"
    call = by_function.graph_def.library.function[0].node_def.add(op="PartitionedCall")
    call.attr["f"].func.name = "traced_restore"
    choice = by_branch.graph_def.library.function[0].node_def.add(op="Case")
    choice.attr["branches"].list.func.add().name = "traced_restore"
    by_object.object_graph_def.concrete_functions["traced_restore"].SetInParent()
    for graph in (by_node, by_function, by_branch, by_object):
        assert saver_functions(graph) == {"traced_save"}
        with pytest.raises(ArtefactUnsafe, match="RestoreV2"):
            check_safe(graph)
