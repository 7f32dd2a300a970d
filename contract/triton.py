"""What a version's `config.pbtxt` may say: the backends we serve with, and the parameters that each one knows.

The names are those of Triton's official backends, so that one folder is served by the embedded server and by the
official images alike. Left out on purpose are parameters that name a file to run or to load as a library
(`CPU_EXTENSION_PATH`, `EXECUTION_ENV_PATH`, `TF_INIT_OPS_FILE`).
"""

from collections.abc import Mapping
from types import MappingProxyType

OPSET = 17
ML_OPSET = 3
"""Of `ai.onnx.ml`, whose operators the graphs of tables may have: trees."""
IR_VERSION = 8
"""Of ONNX graphs; pinned to what every server since Triton 22.10 (ONNX Runtime 1.13) can load."""

BACKEND_PARAMETERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "onnxruntime": frozenset(
            {
                "arena_extend_strategy",
                "cudnn_conv_algo_search",
                "do_copy_in_default_stream",
                "enable_mem_arena",
                "enable_mem_pattern",
                "execution_mode",
                "gpu_mem_limit",
                "inter_op_thread_count",
                "intra_op_thread_count",
                "memory.enable_memory_arena_shrinkage",
                "session.use_device_allocator_for_initializers",
            }
        ),
        "openvino": frozenset(
            {
                "COMPILATION_NUM_THREADS",
                "ENABLE_BATCH_PADDING",
                "HINT_BF16",
                "INFERENCE_NUM_THREADS",
                "NUM_STREAMS",
                "PERFORMANCE_HINT",
                "RESHAPE_IO_LAYERS",
                "SKIP_OV_DYNAMIC_BATCHSIZE",
            }
        ),
        "tensorflow": frozenset(
            {
                "MAX_SESSION_SHARE_COUNT",
                "TF_GRAPH_TAG",
                "TF_NUM_INTER_THREADS",
                "TF_NUM_INTRA_THREADS",
                "TF_SIGNATURE_DEF",
                "TF_USE_PER_SESSION_THREADS",
            }
        ),
    }
)
"""Parameter names by backend; each value is a string in `config.pbtxt`."""
