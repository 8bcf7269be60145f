"""The files of deploy/ as a cluster would read them."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus/eventrail.rules.yaml"


def resources() -> list[dict[str, Any]]:
    """Give every Kubernetes resource."""
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [resource for file in files for resource in yaml.safe_load_all(file.read_text(encoding="utf-8"))]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    """Give the resources of a kind by name."""
    return {each["metadata"]["name"]: each for each in resources() if each["kind"] == kind}


def rules() -> list[dict[str, Any]]:
    """Give every rule that alerts."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]
