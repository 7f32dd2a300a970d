# The trainer of retrain jobs: contract/, training/ and what they import, with the model server that proves a version.
# Build from the repository's root: images/build training
#
# One stage, and one layer for all libraries: they are too large to be copied, and a change of our code leaves them alone.
FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Trireme training" org.opencontainers.image.licenses="Apache-2.0"
# LightGBM's wheel lacks it, and so does the slim image.
RUN ldconfig -p | grep -q 'libgomp\.so\.1' || \
    { apt-get update -q && apt-get install -yq --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*; }
RUN groupadd --gid 1000 trireme && \
    useradd --uid 1000 --gid 1000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin trireme
COPY requirements/training.lock /opt/
# Left out: headers, other Pythons' stubs, libraries' own tests, engines and file formats that nothing of ours uses. The root
# file system is read-only later: byte code is made now.
RUN python -m venv --without-pip /opt/venv && \
    pip --python /opt/venv/bin/python install -q --no-cache-dir --disable-pip-version-check --no-compile \
      --require-hashes --no-deps --only-binary :all: -r /opt/training.lock && \
    cd /opt/venv/lib/python3.11/site-packages && \
    rm -rf tensorflow/include clang pyarrow/include pyarrow/*flight* openvino/include openvino/cmake \
      openvino/libs/*_gpu_plugin* openvino/libs/*_npu_* openvino/libs/*pytorch*frontend* openvino/libs/*paddle*frontend* \
      openvino/libs/*jax*frontend* openvino/libs/*tensorflow*frontend* && \
    find pytriton/tritonserver/python_backend_stubs -mindepth 1 -maxdepth 1 ! -name 3.11 -exec rm -r {} + && \
    find . -path ./evidently -prune -o -type d -name tests -prune -exec rm -r {} + && \
    python -m compileall -q -j 0 /opt/venv/lib
ENV PACKAGES=/opt/venv/lib/python3.11/site-packages
COPY contract $PACKAGES/contract
COPY modelserver $PACKAGES/modelserver
COPY loadtest $PACKAGES/loadtest
COPY training $PACKAGES/training
# The proof that nothing is missing.
RUN cd /tmp && DO_NOT_TRACK=1 ORT_DISABLE_TELEMETRY=1 HOME=/tmp/home /opt/venv/bin/python -B -c 'import duckdb, \
evidently.presets, lightgbm, mlflow, nncf, optuna, tf2onnx, modelserver.layout, training.drift_report.work, \
training.report.report, training.retrain.command, training.retrain.evaluation, training.retrain.pictures, \
training.retrain.tables, training.service' && rm -rf /tmp/home && \
    for ours in contract modelserver loadtest training; do python -m compileall -q -j 0 $PACKAGES/$ours || exit 1; done
# What libraries keep for later goes with the pod; nobody is told of the use.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp ORT_DISABLE_TELEMETRY=1
WORKDIR /job
USER 1000:1000
ENTRYPOINT ["python", "-m", "training.retrain"]
