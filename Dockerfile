ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir uv==0.13.8
ENV UV_PROJECT_ENVIRONMENT=/opt/hexdesk UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
WORKDIR /src
COPY . .
# The plugins that go in, by distribution; hexdesk-app always does.
ARG PLUGINS="hexdesk-ema-cross hexdesk-journal hexdesk-market-making hexdesk-replay hexdesk-sim"
# Extras of theirs: "http" for the control plane over HTTP.
ARG EXTRAS=""
RUN for plugin in ${PLUGINS}; do set -- "$@" --package "${plugin}"; done; \
    for extra in ${EXTRAS}; do set -- "$@" --extra "${extra}"; done; \
    /opt/uv/bin/uv sync --frozen --no-dev --no-editable --package hexdesk-app "$@"

FROM ${BASE_IMAGE}
COPY --from=build /opt/hexdesk /opt/hexdesk
RUN install -d -o 10001 /data
ENV PATH=/opt/hexdesk/bin:$PATH HOME=/data PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# Wherever the configuration lies, state goes into the volume: nothing else can be written.
ENV HEXDESK__DESK__STATE_PATH=/data/state
WORKDIR /data
VOLUME /data
USER 10001
# Of `hexdesk run`; a container that runs another verb is started with --no-healthcheck.
HEALTHCHECK --start-period=60s CMD ["hexdesk", "health", "--quiet"]
ENTRYPOINT ["hexdesk"]
CMD ["--help"]
