"""Opens what `--source` names: the configured servers, a recording, or a file of log lines."""

from pathlib import Path
from typing import Final

from eventrail.configuration.sections import Configuration
from eventrail.errors import UsageError
from eventrail.sources.ports import Sources

LIVE: Final = "live"
RECORDING: Final = "recording"
JSONL: Final = "jsonl"
FORMS: Final = "live, recording:FILE or jsonl:FILE[.gz]"


def open_sources(spec: str, configuration: Configuration, spans: Path | None = None) -> Sources:
    """Give the sources that `spec` names: "live" (of the configuration), "recording:FILE" or "jsonl:FILE[.gz]".

    spans: a Parquet file of spans to stand beside the log lines (eventrail.sources.spans.with_spans).
    Live servers are not asked anything yet; a file is read. Raises UsageError for another spec or when no server is
    configured, RecordingError for a file that is not a recording, SourceUnavailableError for a log file or a file of
    spans that cannot be read.
    """
    sources = _named(spec, configuration)
    if spans is None:
        return sources
    from eventrail.sources.spans import with_spans

    return with_spans(sources, spans)


def _named(spec: str, configuration: Configuration) -> Sources:
    kind, colon, name = spec.partition(":")
    if kind == LIVE and not colon:
        # Adapters and their clients are imported only for what is opened: a recording needs none of them.
        from eventrail.sources.live import open_live

        return open_live(configuration)
    if kind == RECORDING and name:
        from eventrail.sources.recording import open_recording

        return open_recording(Path(name))
    if kind == JSONL and name:
        from eventrail.sources.jsonl import open_jsonl

        vocabulary = configuration.elasticsearch.vocabulary if configuration.elasticsearch else None
        return open_jsonl(Path(name), vocabulary)
    raise UsageError(f"unknown source {spec!r}; give {FORMS}")
