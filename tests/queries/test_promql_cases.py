"""The catalogue's PromQL, evaluated by Prometheus' own `promtool test rules` over the series in promql/*.toml."""

import json
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from queries.catalogue import Query, catalogue
from queries.promql import render

CASES = Path(__file__).parent / "promql"
RATE_WINDOW_SECONDS = 60.0
WINDOW_SECONDS = 600.0


def cases(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    return found


def expression(query: Query, case: dict[str, Any]) -> str:
    rendered = render(
        query.generation(case["generation"]),
        case.get("labels", {}),
        window_seconds=WINDOW_SECONDS,
        rate_window_seconds=RATE_WINDOW_SECONDS,
    )
    # promtool compares instant vectors only; of raw samples it is shown the last.
    return f"last_over_time({rendered})" if query.kind == "samples" else rendered


def promtool_test(case: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{case['query']} ({case['generation']}): {case['says']}",
        "interval": "15s",
        "input_series": [{"series": series, "values": values} for series, values in case["series"].items()],
        "promql_expr_test": [
            {
                "expr": expression(catalogue()[case["query"]], case),
                "eval_time": case["at"],
                "exp_samples": [{"labels": labels, "value": value} for labels, value in case["expect"].items()],
            }
        ],
    }


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed; `make servers` does it")
@pytest.mark.parametrize("path", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_expression_gives_the_expected_samples(path: Path, tmp_path: Path) -> None:
    rules = tmp_path / f"{path.stem}.json"
    tests = [promtool_test(case) for case in cases(path)]
    rules.write_text(json.dumps({"rule_files": [], "evaluation_interval": "15s", "tests": tests}), encoding="utf-8")

    done = subprocess.run(["promtool", "test", "rules", str(rules)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_generation_of_every_query_has_a_case() -> None:
    covered = {(case["query"], case["generation"]) for path in CASES.glob("*.toml") for case in cases(path)}
    catalogued = {(query.name, each.name) for query in catalogue().values() for each in query.generations}

    assert covered == catalogued
