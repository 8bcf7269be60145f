"""The shards behind an index pattern, and how far each has been filled."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch

from eventrail.model.delivery_index import Shard

_REFRESH_SECONDS: Final = 1.0  # Elasticsearch's own default
_UNITS: Final[Mapping[str, float]] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def list_shards(client: Elasticsearch, pattern: str) -> tuple[Shard, ...]:
    """Give the shards of all indices that a pattern names, in the order of their names. Raises the client's faults."""
    told = client.indices.get_settings(
        index=pattern,
        name=["index.uuid", "index.number_of_shards", "index.refresh_interval"],
        flat_settings=True,
    ).body
    return tuple(
        Shard(index, settings["index.uuid"], number, _seconds(settings.get("index.refresh_interval")))
        for index, settings in sorted((name, entry["settings"]) for name, entry in told.items())
        for number in range(int(settings["index.number_of_shards"]))
    )


def preference(shard: Shard) -> str:
    """Ask this shard only, and always the same copy of it: copies show new documents at different times."""
    return f"_shards:{shard.number}|eventrail"


def newest_numbers(client: Elasticsearch, shards: Sequence[Shard]) -> dict[str, int]:
    """Give Shard.key → the highest number that can be seen in it, -1 in an empty one. Raises the client's faults."""
    highest = {"size": 0, "track_total_hits": False, "aggs": {"last": {"max": {"field": "_seq_no"}}}}
    answers = search_shards(client, [(shard, highest) for shard in shards])
    values = {shard.key: answer["aggregations"]["last"]["value"] for shard, answer in zip(shards, answers, strict=True)}
    return {key: -1 if value is None else int(value) for key, value in values.items()}


def search_shards(client: Elasticsearch, questions: Sequence[tuple[Shard, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Ask each shard its question, all in one request. Raises the client's faults, also for one that failed."""
    if not questions:
        return []
    searches: list[dict[str, Any]] = []
    for shard, body in questions:
        searches += [{"index": shard.index, "preference": preference(shard)}, body]
    response = client.msearch(searches=searches)
    answers: list[dict[str, Any]] = response.body["responses"]
    for answer in answers:
        if "error" in answer or answer["_shards"]["failed"]:
            told = answer if "error" in answer else {"error": answer["_shards"]["failures"][0]["reason"]}
            raise ApiError("a shard did not answer", response.meta, told)
    return answers


def _seconds(written: str | None) -> float:
    """Read an interval such as 30s; -1 and what is not understood count as the default."""
    match = re.fullmatch(r"(\d+)(ms|s|m|h|d)", written or "")
    return float(match[1]) * _UNITS[match[2]] if match else _REFRESH_SECONDS
