# The dashboard and the command line in one image. Built from the lock, runs as a user without rights.
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
WORKDIR /app
USER 10001
ENV PATH=/opt/eventrail/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 8501
# Any unknown path answers 200 with the page's frame, so the body is what tells health.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", "import urllib.request as u; assert u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=2).read() == b'ok'"]
# Configure by mounting eventrail.toml into /app or by EVENTRAIL_... variables (docs/configuration.md).
ENTRYPOINT ["eventrail"]
CMD ["dashboard", "--address", "0.0.0.0", "--port", "8501"]
