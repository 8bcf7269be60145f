"""All documents of the delivery index that meet some conditions, whole or not at all."""

from typing import Any

from elasticsearch import Elasticsearch

from eventrail.errors import SourceError
from eventrail.sources.elasticsearch.bodies import PIT_KEEP_ALIVE, Body, next_page
from eventrail.sources.elasticsearch.faults import FAULTS, partial_answer

Hit = dict[str, Any]


def all_hits(client: Elasticsearch, index: str, body: Body, question: str) -> list[Hit]:
    """Give all hits, in as many requests as they need. Raises the client's faults, SourceError for a part."""
    found = _ask(client, body, question, index)
    if len(found) < body["size"]:
        return found
    # A point in time, two requests more, is opened only for what does not fit into one page.
    pit_id = client.open_point_in_time(index=index, keep_alive=PIT_KEEP_ALIVE)["id"]
    try:
        found = page = _ask(client, next_page(body, pit_id, None), question)
        while len(page) == body["size"]:
            page = _ask(client, next_page(body, pit_id, page[-1]["sort"]), question)
            found = [*found, *page]
    finally:
        _close(client, pit_id)
    return found


def _ask(client: Elasticsearch, body: Body, question: str, index: str | None = None) -> list[Hit]:
    answer = client.search(index=index, body=body).body
    if lacks := partial_answer(answer, question):
        raise SourceError(str(lacks[0]))
    hits: list[Hit] = answer["hits"]["hits"]
    return hits


def _close(client: Elasticsearch, pit_id: str) -> None:
    try:
        client.close_point_in_time(id=pit_id)
    except FAULTS:
        # It ends by itself after PIT_KEEP_ALIVE; what was read is not worth less for it.
        return
