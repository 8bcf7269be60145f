# The dashboard, the watch and the rest of the command line in one image. Built from the lock, runs as a user without rights.
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.lock pyproject.toml README.md ./
COPY eventrail ./eventrail
COPY queries ./queries
COPY dashboard ./dashboard
RUN python -m venv /opt/eventrail \
    && /opt/eventrail/bin/pip install --require-hashes -r requirements.lock \
    && /opt/eventrail/bin/pip install --no-deps .

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Eventrail" \
      org.opencontainers.image.description="Which messages are not acknowledged, since when, and who holds them"
RUN useradd --system --uid 10001 --create-home eventrail
COPY --from=build /opt/eventrail /opt/eventrail
COPY recordings /app/recordings
COPY deploy/container/healthy /usr/local/bin/healthy
WORKDIR /app
USER 10001
ENV PATH=/opt/eventrail/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 8501 9718
# Healthy is what answers as the dashboard or as the watch. Of the dashboard any unknown path answers 200 with the page's
# frame, so the body is what tells.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["healthy"]
# Configure by mounting eventrail.toml into /app or by EVENTRAIL_... variables (docs/configuration.md).
ENTRYPOINT ["eventrail"]
CMD ["dashboard", "--address", "0.0.0.0", "--port", "8501"]
