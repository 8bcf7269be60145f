"""The alert rules: when they fire and what they say (eventrail.rules.test.yaml), and what they refer to."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dashboard.components import unacked
from tests.deploy.manifests import ROOT, RULES, rules

CASES = Path(__file__).parent / "eventrail.rules.test.yaml"
PAGE = (ROOT / "docs/alerting.md").read_text(encoding="utf-8")

with_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed; `make servers` does it"
)


def promtool(*arguments: str) -> None:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@with_promtool
def test_prometheus_accepts_the_rules() -> None:
    promtool("check", "rules", str(RULES))


@with_promtool
def test_the_alerts_fire_when_they_should_and_say_what_they_should() -> None:
    promtool("test", "rules", str(CASES))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_tells_what_is_wrong_what_to_do_and_where_to_look(rule: dict[str, dict[str, str]]) -> None:
    assert set(rule["annotations"]) == {"summary", "description", "dashboard"}
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    assert f"alertname: {rule['alert']}\n" in CASES.read_text(encoding="utf-8"), "it has a case"
    assert f"`{rule['alert']}`" in PAGE, "docs/alerting.md tells what to do"


def test_the_rules_rest_on_metrics_that_are_there() -> None:
    told = set(re.findall(r"^\| `(eventrail_\w+)`", PAGE, flags=re.MULTILINE))
    used = set(re.findall(r"(?<![\w:])eventrail_\w+(?!\w*:)", RULES.read_text(encoding="utf-8")))

    assert used - told == set()


def test_the_links_lead_to_pages_and_choices_that_are_there() -> None:
    links = {rule["annotations"]["dashboard"] for rule in rules()}
    pages = {page for link in links for page in re.findall(r"\}\}/(\w+)", link)}
    chosen = {name for link in links for name in re.findall(r"[?&](\w+)=", link)}
    entry = (ROOT / "dashboard/app.py").read_text(encoding="utf-8")

    assert pages == {"unacknowledged", "sources"}
    assert all(f'url_path="{page}"' in entry for page in pages)
    assert chosen == {unacked.QUEUE, unacked.VHOST}
