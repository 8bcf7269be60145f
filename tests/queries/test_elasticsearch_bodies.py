"""What Elasticsearch is asked, whole, in golden/: one file a sentence. `pytest --regenerate` writes them anew."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eventrail.model.answers import LogQuery, TagSpan
from eventrail.model.events import DELIVERY_OPERATIONS, Operation, Outcome
from eventrail.model.window import Window
from eventrail.sources.documents import field_map
from eventrail.sources.elasticsearch import bodies
from eventrail.sources.elasticsearch.index_fields import IndexFields, index_fields

GOLDEN = Path(__file__).parent / "golden"
WINDOW = Window(datetime(2026, 1, 31, 12, 0, 0, 1234, tzinfo=UTC), datetime(2026, 1, 31, 12, 30, tzinfo=UTC))
FIELDS = field_map()
PATHS = FIELDS.paths(FIELDS.candidates)
TIME = "@timestamp"

IDS = (
    "messaging.message.conversation_id",
    "messaging.message.id",
    "messaging.message.type",
    "messaging.operation.type",
    "messaging.operation.name",
    "messaging.destination.name",
    "messaging.destination.subscription.name",
    "messaging.rabbitmq.destination.routing_key",
    "messaging.rabbitmq.vhost",
    "event.action",
    "service.name",
    "log.level",
    "kubernetes.pod_name",
    "kubernetes.host",
)


def index(**kinds: tuple[str, ...]) -> IndexFields:
    """An index whose mapping gives each kind of field to the paths listed for it."""
    told = {path: {kind: {"type": kind}} for kind, paths in kinds.items() for path in paths}
    return index_fields({"indices": ["application-2026.01.31"], "fields": told}, PATHS)


KEYWORDS = index(date=(TIME,), keyword=IDS, text=("message",))
BESIDE = index(date=(TIME,), text=(*IDS, "message"), keyword=tuple(f"{path}.keyword" for path in (*IDS, "message")))
TAGGED = index(
    date=(TIME,),
    keyword=(*IDS, "messaging.rabbitmq.channel.id", "service.instance.id"),
    long=("messaging.rabbitmq.message.delivery_tag",),
)
WORDS = index(date=(TIME,), text=IDS, keyword=("message",))


# Two indices under one pattern: the older one cuts the IDs into words, the newer one has them whole.
BOTH = index_fields(
    {
        "indices": ["application-old", "application-new"],
        "fields": {
            TIME: {"date": {"type": "date"}},
            IDS[0]: {"text": {"indices": ["application-old"]}, "keyword": {"indices": ["application-new"]}},
        },
    },
    PATHS,
)


def reading(layout: IndexFields, **conditions: Any) -> Callable[[], bodies.Body]:
    query = LogQuery(WINDOW, **conditions)
    make = bodies.read_all if query.limit is None else bodies.read_ends
    return lambda: make(query, TIME, FIELDS, layout)


def finding(layout: IndexFields, text: str) -> bodies.Body:
    correlation = layout.fields["messaging.message.conversation_id"]
    return bodies.find(text, WINDOW, 20, TIME, FIELDS, layout, correlation=correlation, before=())


ENDINGS = index(
    date=(TIME,),
    keyword=(
        *("messaging.operation.type", "messaging.operation.name", "messaging.operation.outcome"),
        "messaging.rabbitmq.message.death.reason",
    ),
)
HOSTILE = '*?"\\{}[]() OR 1:1'
SENTENCES: dict[str, Callable[[], bodies.Body]] = {
    "every line of a window": reading(KEYWORDS),
    "one event, where the ID is a keyword": reading(KEYWORDS, correlation_ids=("c-1",)),
    "one event, where the ID is text with a keyword beside it": reading(BESIDE, correlation_ids=("c-1",)),
    "one event, where the ID is cut into words": reading(WORDS, correlation_ids=("c-1",)),
    "one event, where two indices have the ID in two ways": reading(BOTH, correlation_ids=("c-1",)),
    "an ID longer than a keyword beside a text": reading(BESIDE, correlation_ids=("x" * 300,)),
    "an ID longer than some keywords": reading(KEYWORDS, correlation_ids=("x" * 300,)),
    "an ID made of syntax": reading(KEYWORDS, correlation_ids=(HOSTILE,)),
    "an ID made of syntax, where it is cut into words": reading(WORDS, correlation_ids=(HOSTILE, "*")),
    "more phrases than a query may have": reading(WORDS, message_ids=tuple(f"m-{n}" for n in range(501))),
    "deliveries of two queues": reading(
        KEYWORDS, queues=("payments", "fraud"), operations=(Operation.RECEIVE, Operation.PROCESS, Operation.SETTLE)
    ),
    "deliveries that were discarded": reading(ENDINGS, operations=(Operation.SETTLE,), outcomes=(Outcome.DISCARD,)),
    "publishes that found no queue": reading(ENDINGS, outcomes=(Outcome.UNROUTABLE, Outcome.REFUSED)),
    "dead letters that were received": reading(ENDINGS, death_reasons=("expired", "maxlen")),
    "the newest events that begin with a type, by what they publish first": reading(
        KEYWORDS,
        event_types=("card.authorised",),
        operations=(Operation.SEND,),
        columns=("time", "correlation_id", "causation_id"),
        newest_first=True,
        limit=1_000,
    ),
    "calls and heartbeats": reading(KEYWORDS, operations=(Operation.CALL, Operation.HEARTBEAT)),
    "lines that hold words": reading(BESIDE, text='limit "exceeded" OR *'),
    "lines that hold words, where messages are keywords": reading(WORDS, text="limit *exc?eded"),
    "only the queue of each line": reading(KEYWORDS, columns=("queue",)),
    "the 50 newest lines of a pod": reading(KEYWORDS, pods=("payments-1",), newest_first=True, limit=50),
    "a part of many lines, a page in the middle": lambda: bodies.next_page(
        bodies.slice_of(reading(KEYWORDS)(), TIME, 1, 4), "a-point-in-time", [123]
    ),
    "what can be counted of an event before it is read": lambda: bodies.outline(
        LogQuery(WINDOW, correlation_ids=("c-1",)), TIME, FIELDS, BESIDE, {"services": BESIDE.fields["service.name"]}
    ),
    "the newest line of each pod": lambda: bodies.freshness(WINDOW, TIME, FIELDS, BESIDE, wide=False),
    "lines by service and level": lambda: bodies.activity(WINDOW, TIME, FIELDS, KEYWORDS, wide=False),
    "lines by every field that may hold the service": lambda: bodies.activity(
        WINDOW, TIME, FIELDS, index(date=(TIME,), keyword=("service.name", "kubernetes.container_name")), wide=True
    ),
    "lines by service and level, the next buckets": lambda: bodies.next_buckets(
        bodies.activity(WINDOW, TIME, FIELDS, KEYWORDS, wide=False), {"service.name": "payments", "log.level": None}
    ),
    "deliveries by route and operation": lambda: bodies.routes(WINDOW, TIME, FIELDS, KEYWORDS, wide=False),
    "deliveries of two channels by their tags": reading(
        TAGGED, deliveries=(TagSpan("c-1", 1, 2), TagSpan("c-2", 7, 9), TagSpan("c-1", 6, 6))
    ),
    "deliveries of a channel, where tags are no numbers": reading(
        index(
            date=(TIME,),
            keyword=("messaging.rabbitmq.channel.id", "messaging.rabbitmq.message.delivery_tag"),
        ),
        deliveries=(TagSpan("c-1", 1, 2),),
    ),
    "deliveries by channel, operation and block of tags": lambda: bodies.tally(
        LogQuery(WINDOW, queues=("payments",), operations=DELIVERY_OPERATIONS), 64, TIME, FIELDS, TAGGED, wide=False
    ),
    "when each process first spoke of a delivery": lambda: bodies.processes(
        LogQuery(WINDOW, queues=("payments",), operations=DELIVERY_OPERATIONS), TIME, FIELDS, TAGGED, wide=False
    ),
    "events found by a text": lambda: finding(KEYWORDS, "c-1"),
    "events found by a text made of syntax": lambda: finding(BESIDE, HOSTILE),
    "events found by a text too long for a beginning": lambda: finding(KEYWORDS, "x" * 600),
    "events found among lines whose ID was too long for the index": lambda: bodies.find_lines(
        "c-1", WINDOW, TIME, FIELDS, BESIDE, ["messaging.message.conversation_id.keyword"]
    ),
    "events found where nothing is a keyword": lambda: bodies.find_lines("c-1", WINDOW, TIME, FIELDS, WORDS, []),
    "a sample of the newest lines": lambda: bodies.sample(WINDOW, TIME, 100),
}


def golden_file(sentence: str) -> Path:
    return GOLDEN / f"{sentence.replace(', ', ',').replace(',', '-').replace(' ', '_')}.json"


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_request_is_the_golden_one(sentence: str, regenerate: bool) -> None:
    body = json.dumps(SENTENCES[sentence](), indent=1, ensure_ascii=False) + "\n"
    path = golden_file(sentence)
    if regenerate:
        path.write_text(body, encoding="utf-8")

    assert body == path.read_text(encoding="utf-8"), "if the change is wanted: pytest --regenerate"


def test_every_golden_file_has_its_sentence() -> None:
    assert {path.name for path in GOLDEN.glob("*.json")} == {golden_file(sentence).name for sentence in SENTENCES}
