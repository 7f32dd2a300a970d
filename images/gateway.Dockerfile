# The gateway: contract/, gateway/ and what they import. No machine-learning framework, no compiler, no pip.
# Build from the repository's root: images/build gateway
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/venv
COPY requirements/gateway.lock /tmp/
RUN pip --python /opt/venv/bin/python install -q --require-hashes --no-deps --only-binary :all: -r /tmp/gateway.lock
COPY contract /opt/venv/lib/python3.11/site-packages/contract
COPY gateway /opt/venv/lib/python3.11/site-packages/gateway
# Libraries' own tests, and the part of Arrow that speaks gRPC; then the proof that nothing misses them.
RUN cd /opt/venv/lib/python3.11/site-packages && \
    rm -r pyarrow/include pyarrow/*flight* && \
    find . -type d -name tests -prune -exec rm -r {} + && \
    /opt/venv/bin/python -c 'import gateway.app, gateway.mirror.__main__, pyarrow.csv, pyarrow.dataset, pyarrow.parquet'
# The root file system is read-only later: byte code is made now.
RUN python -m compileall -q -j 0 /opt/venv/lib

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Trireme gateway" org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 1000 trireme && \
    useradd --uid 1000 --gid 1000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin trireme
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    GATEWAY_HOST=0.0.0.0 GATEWAY_REPOSITORY=/models GATEWAY_SERVED=/etc/trireme/served.json
# Nothing of ours lies here: a `.env` or a module would otherwise be taken from the working folder.
WORKDIR /opt/empty
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["python", "-m", "gateway"]
