"""One document whole, as the index holds it."""

import json
from typing import Final

from eventrail.model.answers import RawDocument
from eventrail.sources.elasticsearch.backend import Backend
from eventrail.sources.elasticsearch.faults import FAULTS, problem_of

_QUESTION: Final = "reading a raw document"


def raw_document(backend: Backend, document_id: str) -> RawDocument:
    """Answer as LogSource.raw_document. document_id: the concrete index, a slash, the ID in it.

    The configured indices are searched, and not the one that the ID names: an ID leads to no other index.
    """
    asked = backend.asked(_QUESTION)
    index, _, own_id = document_id.partition("/")
    wanted = [{"ids": {"values": [own_id]}}, {"term": {"_index": index}}]
    try:
        answer, problems = backend.search({"query": {"bool": {"filter": wanted}}, "size": 1}, _QUESTION)
    except FAULTS as fault:
        return RawDocument("", (problem_of(fault, asked),))
    hits = answer["hits"]["hits"]
    if not hits:
        gone = asked.problem(
            f"{document_id} is not in {backend.index} any more",
            "its index was probably deleted for its age: restore it from a snapshot, or read the line's columns here",
        )
        return RawDocument("", (*problems, gone))
    shown = {name: hits[0].get(name) for name in ("_index", "_id", "_source")}
    return RawDocument(json.dumps(shown, indent=2, ensure_ascii=False), problems)
