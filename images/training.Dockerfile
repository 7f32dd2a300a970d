# The trainer of retrain jobs: contract/, training/ and what they import, with the model server that proves a version. No pip.
# Build from the repository's root: images/build training
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PACKAGES=/opt/venv/lib/python3.11/site-packages
RUN python -m venv --without-pip /opt/venv
COPY requirements/training.lock /tmp/
RUN pip --python /opt/venv/bin/python install -q --require-hashes --no-deps --only-binary :all: -r /tmp/training.lock
COPY contract $PACKAGES/contract
COPY modelserver $PACKAGES/modelserver
COPY loadtest $PACKAGES/loadtest
COPY training $PACKAGES/training
# The proof that nothing is missing.
RUN cd /tmp && /opt/venv/bin/python -c 'import training.retrain.command, training.retrain.kinds, training.drift_report, modelserver.layout'
# The root file system is read-only later: byte code is made now.
RUN python -m compileall -q -j 0 /opt/venv/lib

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Trireme training" org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 1000 trireme && \
    useradd --uid 1000 --gid 1000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin trireme
COPY --from=build /opt/venv /opt/venv
# What libraries keep for later goes with the pod; nobody is told of the use.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp ORT_DISABLE_TELEMETRY=1
WORKDIR /job
USER 1000:1000
ENTRYPOINT ["python", "-m", "training.retrain"]
