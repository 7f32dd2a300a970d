# A small Triton for CPUs: the server out of the nvidia-pytriton wheel with our backends. No TensorFlow, no GPU.
# Build from the repository's root: images/build modelserver
#
# For development, and for tests on trusted networks: this release lacks security fixes that official images have.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PACKAGES=/opt/venv/lib/python3.11/site-packages
RUN python -m venv --without-pip /opt/venv
COPY requirements/modelserver-image.lock /tmp/
RUN pip --python /opt/venv/bin/python install -q --require-hashes --no-deps --only-binary :all: -r /tmp/modelserver-image.lock
COPY contract $PACKAGES/contract
COPY modelserver $PACKAGES/modelserver
# The backends as the embedded server has them, then the server; of the wheel's Python package nothing is needed.
RUN mkdir /opt/triton && \
    /opt/venv/bin/python -c "from pathlib import Path; \
from modelserver.installation import Installation; \
from modelserver.layout import lay_out; \
lay_out(Installation.find(), Path('/opt/layout')).rename('/opt/triton/backends')" && \
    mv $PACKAGES/pytriton/tritonserver/bin /opt/triton/bin && \
    mv $PACKAGES/nvidia_pytriton.libs /opt/triton/lib && \
    rm -r $PACKAGES/pytriton /opt/triton/backends/tensorflow /opt/triton/lib/libpython3-* && \
    chmod -R a+rX /opt/triton
# Engines and file formats that no backend of ours uses.
RUN cd $PACKAGES && rm -rf openvino/libs/*_gpu_plugin* openvino/libs/*_npu_* openvino/include openvino/cmake \
      openvino/libs/*tensorflow*frontend* openvino/libs/*pytorch*frontend* openvino/libs/*paddle*frontend* \
      openvino/libs/*jax*frontend* onnxruntime/transformers onnxruntime/quantization onnxruntime/tools \
      onnxruntime/datasets && \
    find . -type d -name tests -prune -exec rm -r {} + && \
    python -m compileall -q -j 0 $PACKAGES /opt/triton/backends

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Trireme model server (development and tests)" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 1000 trireme && \
    useradd --uid 1000 --gid 1000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin trireme
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/triton /opt/triton
COPY --chmod=755 images/modelserver/tritonserver images/modelserver/triton-alive /usr/local/bin/
# Where stubs find this Python's packages, and the server its libraries; nobody is told of the use.
ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv LD_LIBRARY_PATH=/opt/triton/lib HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 ORT_DISABLE_TELEMETRY=1
# Fails the build where a library is missing.
RUN ! ldd /opt/triton/bin/tritonserver /opt/triton/backends/python/*stub /opt/triton/backends/python/*.so | \
    grep 'not found'
WORKDIR /tmp
USER 1000:1000
EXPOSE 8000 8001 8002
ENTRYPOINT ["tritonserver"]
CMD ["--model-repository=/mnt/models"]
