"""Elasticsearch in the ways it can be out of order, and over the ways it can be reached."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventrail.configuration.sections import ElasticsearchSection
from eventrail.model.answers import LogQuery
from eventrail.sources.elasticsearch import ElasticsearchLogs
from stack.elasticsearch import Elasticsearch
from tests.contract.documents import WINDOW, line
from tests.contract.elasticsearch_subject import DYNAMIC, KEYWORDS, WORDS, ElasticsearchSubject
from tests.contract.loopback import Certificate, proxy

pytestmark = pytest.mark.servers


@pytest.fixture
def subject(elasticsearch: Elasticsearch) -> Iterator[ElasticsearchSubject]:
    made = ElasticsearchSubject(elasticsearch, DYNAMIC)
    yield made
    made.clear()


def told(logs: ElasticsearchLogs) -> str:
    return "\n".join(str(problem) for problem in logs.read(LogQuery(WINDOW)).problems)


def test_a_server_that_dies_while_it_is_read_leaves_what_was_read_and_says_so(subject: ElasticsearchSubject) -> None:
    index = subject.fill(
        "application-broken-off", [line(0, "x" * 100, sequence=n, instance="i") for n in range(25_000)]
    )
    with proxy(subject.server.http_port, answer_bytes=11_000_000) as broken:
        logs = ElasticsearchLogs(subject.section(index=index, url=f"http://127.0.0.1:{broken.port}"))

        answer = logs.read(LogQuery(WINDOW))

    assert 0 < len(answer.events) < 25_000
    assert answer.documents_read == len(answer.events)
    (problem,) = answer.problems
    assert problem.severity == "error"
    assert f"{len(answer.events)} lines were read before" in problem.what


def test_a_certificate_is_trusted_by_its_authority_and_refused_without(
    subject: ElasticsearchSubject, tmp_path: Path
) -> None:
    certificate = Certificate.make(tmp_path)
    index = subject.fill("application-tls", [line(1, "over TLS")])
    with proxy(subject.server.http_port, certificate=certificate) as secure:
        address = f"https://127.0.0.1:{secure.port}"
        trusting = ElasticsearchLogs(subject.section(index=index, url=address, ca_file=certificate.certificate))
        careless = ElasticsearchLogs(subject.section(index=index, url=address, verify=False))
        refusing = ElasticsearchLogs(subject.section(index=index, url=address))

        assert trusting.read(LogQuery(WINDOW)).events["message"].tolist() == ["over TLS"]
        assert careless.read(LogQuery(WINDOW)).events["message"].tolist() == ["over TLS"]
        assert "is not trusted → name the authority that signed it in elasticsearch.ca_file" in told(refusing)


def test_an_api_key_is_sent_as_elasticsearch_wants_it_and_never_shown(subject: ElasticsearchSubject) -> None:
    api_key = base64.b64encode(b"id:secret").decode()
    with proxy(subject.server.http_port) as listening:
        section = ElasticsearchSection(url=(f"http://127.0.0.1:{listening.port}",), api_key=api_key)
        problems = told(ElasticsearchLogs(section))

        assert f"authorization: apikey {api_key}".lower() in b"".join(listening.requests).decode().lower()
    assert "does not accept the credentials" in problems
    assert api_key not in problems


def test_an_index_without_a_time_says_what_to_map(subject: ElasticsearchSubject) -> None:
    subject.mapping = {"properties": {"@timestamp": {"type": "keyword"}}}
    index = subject.fill("application-timeless", [{"@timestamp": "noon", "message": "x"}])

    assert "has no time field of type date" in told(ElasticsearchLogs(subject.section(index=index)))


def test_what_is_no_elasticsearch_is_said_to_be_none(subject: ElasticsearchSubject, tmp_path: Path) -> None:
    # A TLS server that is asked in plain words answers with what is no HTTP.
    with proxy(subject.server.http_port, certificate=Certificate.make(tmp_path)) as other:
        logs = ElasticsearchLogs(subject.section(url=f"http://127.0.0.1:{other.port}"))

        assert not logs.check(WINDOW).reachable
        assert "correct elasticsearch.url" in told(logs)


def test_shards_that_fail_leave_the_others_answer_and_are_said(subject: ElasticsearchSubject) -> None:
    subject.mapping = KEYWORDS
    subject.fill("application-partial-a", [line(1, "good", correlation="c")])
    # A word cannot be compared with a date: these shards refuse the question.
    properties = {"@timestamp": {"type": "date_nanos"}, "messaging.message.conversation_id": {"type": "date"}}
    subject.mapping = {"properties": properties}
    subject.fill("application-partial-b", [line(2, "unseen")])
    logs = ElasticsearchLogs(subject.section(index="application-partial-*"))

    answer = logs.read(LogQuery(WINDOW, correlation_ids=("c",)))

    assert answer.events["message"].tolist() == ["good"]
    assert "shards failed" in str(answer.problems[0])


@pytest.mark.parametrize("older", [WORDS, KEYWORDS], ids=["words", "keywords"])
def test_indices_of_two_mappings_under_one_pattern_lose_no_line(
    subject: ElasticsearchSubject, older: dict[str, object]
) -> None:
    subject.fill("application-mixed-new", [line(2, "new", correlation="c-1", operation="receive", queue="q")])
    subject.mapping = older
    subject.fill("application-mixed-old", [line(1, "old", correlation="c-1", operation="receive", queue="q")])
    logs = ElasticsearchLogs(subject.section(index="application-mixed-*"))

    assert logs.read(LogQuery(WINDOW, correlation_ids=("c-1",))).events["message"].tolist() == ["old", "new"]
    assert logs.find("c-1", WINDOW, 5).frame["lines"].tolist() == [2]
    assert logs.routes(WINDOW).frame["deliveries"].tolist() == [2]
    assert logs.freshness(WINDOW).frame["documents"].tolist() == [2]
    assert logs.activity(WINDOW).frame["documents"].tolist() == [2]
    newest = logs.read(LogQuery(WINDOW, newest_first=True, limit=1))
    assert newest.events["message"].tolist() == ["new"]
    assert newest.truncated


def test_the_check_names_the_vocabulary_and_the_services_that_lack_a_field(subject: ElasticsearchSubject) -> None:
    ours = [line(n, operation="receive", correlation="c", message_id=f"m-{n}", queue="q", tag=n) for n in range(5)]
    poorer = [line(n, operation="settle", outcome="ack", correlation="c", service="foreign") for n in range(5)]
    index = subject.fill("application-checked", [*ours, *poorer])

    check = ElasticsearchLogs(subject.section(index=index)).check(WINDOW)

    details = dict(check.details)
    assert check.version == subject.server.version
    assert details["documents in the window"] == "10"
    assert details["vocabulary"].startswith("Eventrail's own instrumentation")
    assert details["correlation_id"] == "messaging.message.conversation_id"
    problems = "\n".join(map(str, check.problems))
    assert "foreign: no message_id on most messaging lines" in problems
    assert "foreign: no receive lines" in problems
    assert "payments: no message_id" not in problems
