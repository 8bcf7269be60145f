"""Links into Kibana and Grafana."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from dashboard.shaping.links import grafana_link, kibana_link
from eventrail.model.window import Window

WINDOW = Window(datetime(2026, 1, 31, 9, 0, tzinfo=UTC), datetime(2026, 1, 31, 9, 30, tzinfo=UTC))


def test_kibana_shows_the_lines_of_the_event_in_its_window() -> None:
    link = kibana_link("https://kibana.bank.example/", "logs-view", "1m84f659h96308ny", WINDOW)
    assert unquote(link) == (
        "https://kibana.bank.example/app/discover#/"
        "?_g=(time:(from:'2026-01-31T09:00:00.000Z',to:'2026-01-31T09:30:00.000Z'))"
        "&_a=(index:'logs-view',query:(language:kuery,query:'\"1m84f659h96308ny\"'),sort:!(!('@timestamp',asc)))"
    )


def test_an_id_cannot_leave_its_quotes() -> None:
    hostile = """x' or "a":* & \\ ! #"""
    link = kibana_link("https://kibana.bank.example", None, hostile, WINDOW)
    assert "index:" not in link
    assert urlsplit(link).fragment.count("&_a=") == 1
    assert "&" not in link.split("&_a=")[1]
    assert 'query:\'"x!\' or \\"a\\":* & \\\\ !! #"\'' in unquote(link)


def test_grafana_draws_what_prometheus_was_asked() -> None:
    expression = 'rabbitmq_detailed_queue_messages_unacked{queue=~"a|b"}'
    link = grafana_link("https://grafana.bank.example", "prom-1", {"queue_messages_unacked": expression}, WINDOW)
    asked = parse_qs(urlsplit(link).query)
    assert asked["schemaVersion"] == ["1"]
    pane = json.loads(asked["panes"][0])["eventrail"]
    assert pane["datasource"] == "prom-1"
    assert [query["expr"] for query in pane["queries"]] == [expression]
    assert pane["range"] == {"from": "1769850000000", "to": "1769851800000"}
