"""Links to what a team has already: the same lines in Kibana, the same curves in Grafana.

Correlation IDs and names are foreign text: they are quoted for the language they stand in, and the whole is encoded.
"""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from eventrail.model.window import Window

_LEGEND: Final = "{{queue}}{{pod}}{{node}}"
_REF_IDS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def kibana_link(address: str, data_view: str | None, correlation_id: str, window: Window) -> str:
    """Link to the lines that hold the ID, in Discover of Kibana or OpenSearch Dashboards.

    Its state is written in Rison, as Discover itself writes it.
    """
    words = '"' + correlation_id.replace("\\", "\\\\").replace('"', '\\"') + '"'
    times = f"(time:(from:{_rison(_instant(window.start))},to:{_rison(_instant(window.end))}))"
    view = f"index:{_rison(data_view)}," if data_view else ""
    state = f"({view}query:(language:kuery,query:{_rison(words)}),sort:!(!('@timestamp',asc)))"
    return f"{address.rstrip('/')}/app/discover#/?_g={_encoded(times)}&_a={_encoded(state)}"


def grafana_link(address: str, datasource: str, expressions: Mapping[str, str], window: Window) -> str:
    """Link to the curves of these queries in Explore; expressions: query name → PromQL."""
    source = {"type": "prometheus", "uid": datasource}
    queries = [
        {
            "refId": reference,
            "datasource": source,
            "expr": expression,
            "legendFormat": name + " {{queue}}{{pod}}{{node}}",
        }
        for reference, (name, expression) in zip(_REF_IDS, expressions.items(), strict=False)
    ]
    milliseconds = {
        "from": str(int(window.start.timestamp() * 1000)),
        "to": str(int(window.end.timestamp() * 1000)),
    }
    panes = {"eventrail": {"datasource": datasource, "queries": queries, "range": milliseconds}}
    return f"{address.rstrip('/')}/explore?schemaVersion=1&orgId=1&panes={_encoded(json.dumps(panes))}"


def _instant(instant: object) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def _rison(text: str) -> str:
    """Quote a text for Rison: an exclamation mark takes away the meaning of itself and of the quote."""
    return "'" + text.replace("!", "!!").replace("'", "!'") + "'"


def _encoded(text: str) -> str:
    return quote(text, safe="()!:,'*")
