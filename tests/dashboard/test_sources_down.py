"""With any source down, and with all: every page stands, says what is missing and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.shaping.overview import METRICS_SILENT
from eventrail.model.answers import TableAnswer
from eventrail.model.problem import Problem
from eventrail.model.summaries import FRESHNESS_COLUMNS
from eventrail.model.table import conform
from tests.dashboard.conftest import OpenPage, forget_answers
from tests.dashboard.story import STUCK_QUEUE, story
from tests.dashboard.test_pages import table, words

PutDown = Callable[..., None]
PAGES = ("now", "trace", "unacknowledged", "sources")
SAID = {
    "logs": ("Elasticsearch", "connection refused", "start it"),
    "metrics": ("Prometheus", "did not answer within 10 s", "see whether it runs and can be reached"),
    "broker": ("RabbitMQ", "connection refused", "see whether its management plugin is on"),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "dead",
    [("logs",), ("metrics",), ("broker",), ("logs", "metrics", "broker")],
    ids=" and ".join,
)
def test_every_page_stands_and_says_what_does_not_answer(
    dead: tuple[str, ...], page: str, put_down: PutDown, open_page: OpenPage
) -> None:
    put_down(*dead)
    app = open_page(page, **({"trace_id": story().stuck[0]} if page == "trace" else {}))

    assert not app.exception
    assert app.title
    for source in dead:
        assert SAID[source][0] in words(app)
    assert "not answer" in words(app)


@pytest.mark.parametrize("dead", ["logs", "metrics"])
@pytest.mark.parametrize("page", ["now", "unacknowledged", "sources"])
def test_the_reason_and_the_remedy_are_told(dead: str, page: str, put_down: PutDown, open_page: OpenPage) -> None:
    put_down(dead)
    said = words(open_page(page))

    assert all(piece in said for piece in SAID[dead])


def test_without_prometheus_the_messages_are_listed_all_the_same(put_down: PutDown, open_page: OpenPage) -> None:
    put_down("metrics")
    app = open_page("unacknowledged")

    assert len(table(app, "Outstanding")) >= 10
    assert METRICS_SILENT in words(app)


def test_without_logs_the_gauge_is_shown_and_nobody_is_named(put_down: PutDown, open_page: OpenPage) -> None:
    put_down("logs")
    app = open_page("now")

    assert table(app, "Queues")["queue"].tolist() == [STUCK_QUEUE]
    assert table(app, "Queues")["holder"].tolist() == ["–"]


def test_with_nothing_up_nothing_is_claimed(put_down: PutDown, open_page: OpenPage) -> None:
    put_down("logs", "metrics", "broker")
    app = open_page("now")

    assert "nothing can be said about messages" in words(app)
    assert ">0<" not in words(app), "no figure is zero where nobody counted"
    assert "Elasticsearch, Prometheus and RabbitMQ do not answer" in words(app)


@pytest.mark.parametrize("page", ["now", "unacknowledged"])
def test_of_what_the_logs_would_tell_nothing_is_claimed_without_them(
    page: str, put_down: PutDown, open_page: OpenPage
) -> None:
    put_down("logs")

    assert "not known: the logs do not answer" in words(open_page(page))


def test_an_event_is_not_called_unknown_when_the_logs_do_not_answer(put_down: PutDown, open_page: OpenPage) -> None:
    put_down("logs")
    said = words(open_page("trace", trace_id=story().stuck[0]))

    assert f"The logs do not answer: the event {story().stuck[0]} cannot be followed." in said
    assert "No line carries" not in said


def test_live_servers_that_are_down_can_be_looked_at_live(put_down: PutDown, open_page: OpenPage) -> None:
    put_down("logs", "metrics", "broker", live=True)
    app = open_page("now")

    assert not app.exception
    assert app.text_input(key="time_bar.typed").value == ""
    assert not app.slider, "only a recording can be played"


def test_a_file_that_is_no_recording_is_refused_in_words(
    tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.eventrail"
    broken.write_bytes(b"this is no archive")
    forget_answers()
    monkeypatch.setenv("EVENTRAIL_SOURCE", f"recording:{broken}")
    app = open_page("now")

    assert not app.exception
    assert "The dashboard cannot open its source." in words(app)
    assert "broken.eventrail" in words(app)


def test_an_unknown_kind_of_source_is_refused_in_words(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_answers()
    monkeypatch.setenv("EVENTRAIL_SOURCE", "carrier-pigeon:7")
    app = open_page("now")

    assert "unknown source" in words(app)


def test_many_remarks_are_folded_and_errors_never(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    remarks = tuple(Problem("logs", f"remark {number}", "", "info") for number in range(5))
    outage = Problem("Prometheus", "did not answer", "start it", "error")
    monkeypatch.setattr(
        "dashboard.components.loading.freshness",
        lambda _: TableAnswer(conform({}, FRESHNESS_COLUMNS), (*remarks, outage)),
    )
    app = open_page("sources")

    assert [fold.label for fold in app.expander] == ["5 more things to know about these figures"]
    assert "remark 4" in "".join(shown.value for shown in app.expander[0].html)
    assert "start it" not in "".join(shown.value for shown in app.expander[0].html)
    assert "start it" in words(app)
