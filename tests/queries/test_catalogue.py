"""The catalogue refuses what is not documented, and values in it are never syntax."""

from pathlib import Path

import pytest

from queries.catalogue import CatalogueError, Query, catalogue, load, parameters
from queries.document import page
from queries.promql import duration, matchers, placeholders, render

QUERIES = list(catalogue().values())
GENERATIONS = [(query, generation) for query in QUERIES for generation in query.generations]


def known(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_every_query_says_what_it_answers_in_which_unit_and_what_its_columns_mean(query: Query) -> None:
    assert query.question.rstrip().endswith(("?", ".", ")"))
    assert query.unit
    assert query.columns
    assert all(meaning for meaning in query.columns.values())
    assert query.generations
    assert not {"time", "value"} & set(query.columns), "those two every answer has"
    assert (query.step_seconds is not None) == (query.kind == "range")


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_every_expression_uses_the_documented_parameters_and_no_others(query: Query) -> None:
    assert set(query.parameters) <= set(parameters())
    for generation in query.generations:
        assert placeholders(generation.expression) == set(query.parameters), generation.name
        assert set(generation.labels) <= set(query.columns), generation.name
        assert ("[$window]" in generation.expression) == (query.kind == "samples"), generation.name


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_every_expression_reads_the_metrics_it_says_it_needs(query: Query) -> None:
    for generation in query.generations:
        used = [metric for metric in generation.needs if metric in generation.expression]
        assert used, generation.name
        assert len({each.name for each in query.generations}) == len(query.generations)


def test_a_generation_applies_when_its_metrics_exist_and_the_newest_wins() -> None:
    unacked = catalogue()["queue_messages_unacked"]
    old, new = "rabbitmq_queue_messages_unacknowledged", "rabbitmq_detailed_queue_messages_unacked"

    def no_labels(metric: str) -> frozenset[str]:
        raise AssertionError(f"asked for the labels of {metric}, which tell nothing apart here")

    for names, expected in ((known(old), "kbudde-2017"), (known(old, new), "rabbitmq-detailed")):
        generation = unacked.applicable(names, no_labels)
        assert generation is not None
        assert generation.name == expected
    assert unacked.applicable(known("up"), no_labels) is None


@pytest.mark.parametrize(
    ("labels", "expected"), [(known("pod_name", "pod"), "cadvisor-old"), (known("pod", "container"), "cadvisor")]
)
def test_generations_of_one_name_are_told_apart_by_their_labels(labels: frozenset[str], expected: str) -> None:
    names = known("container_cpu_usage_seconds_total")

    generation = catalogue()["pod_cpu_cores"].applicable(names, dict.fromkeys(names, labels).__getitem__)

    assert generation is not None
    assert generation.name == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("payments",), 'queue="payments"'),
        (("a", "b"), 'queue=~"a|b"'),
        (("a.b", "c|d"), 'queue=~"a\\\\.b|c\\\\|d"'),
        (('"}',), 'queue="\\"}"'),
        (("back\\slash",), 'queue="back\\\\slash"'),
        (("two\nlines",), 'queue="two\\x0alines"'),
        (("очередь", "列"), 'queue=~"очередь|列"'),
        (("half a pair \ud800",), 'queue="half a pair ?"'),
        (("$matchers",), 'queue="$matchers"'),
        ((), ""),
    ],
)
def test_values_are_text_whatever_they_hold(values: tuple[str, ...], expected: str) -> None:
    assert matchers({"queue": values}) == expected


def test_conditions_go_by_the_label_of_the_generation() -> None:
    generation = catalogue()["pod_cpu_cores"].generation("cadvisor-old")

    assert 'pod_name="a"' in render(generation, {"pod": ("a",)}, rate_window_seconds=60)


@pytest.mark.parametrize(("seconds", "expected"), [(600, "600s"), (0.25, "250ms"), (1.0005, "1001ms"), (0, "1ms")])
def test_durations_are_rounded_up_to_what_the_language_knows(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_labels_that_choose_the_broker_stand_beside_what_is_asked_and_are_values_too() -> None:
    generation = catalogue()["queue_messages_unacked"].generation("rabbitmq-per-object")

    chosen = render(generation, {"queue": ("a",)}, window_seconds=60, always={"cluster": 'ea"st'})
    alone = render(generation, {}, window_seconds=60, always={"cluster": "east"})

    assert chosen == r'rabbitmq_queue_messages_unacked{queue!="",queue="a",cluster="ea\"st"}[60s]'
    assert alone == 'rabbitmq_queue_messages_unacked{queue!="",cluster="east"}[60s]'


def test_every_query_of_the_brokers_own_metrics_can_be_of_one_broker() -> None:
    for query in QUERIES:
        assert query.of_broker == all("rabbitmq_" in each.expression for each in query.generations), query.name


def test_an_undocumented_query_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('[no_question]\nkind = "range"\n', encoding="utf-8")

    with pytest.raises(CatalogueError, match=r"bad\.toml: no_question: question: Field required"):
        load(tmp_path)


def test_a_key_the_catalogue_does_not_know_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('[extra]\nkind = "range"\nquestoin = "?"\n', encoding="utf-8")

    with pytest.raises(CatalogueError, match="questoin"):
        load(tmp_path)


def test_the_page_about_the_queries_is_what_the_catalogue_says() -> None:
    committed = (Path(__file__).parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")

    assert committed == page(), "run: python -m queries.document > docs/queries.md"
