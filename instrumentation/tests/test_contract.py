"""The keys that the package writes are the ones that docs/log-fields.md describes."""

import re
from pathlib import Path

from eventrail_instrumentation import fields

DOCUMENT = Path(__file__).parents[2] / "docs" / "log-fields.md"
PUT_ON_BY_THE_SHIPPER = {"kubernetes.pod_name"}


def documented_keys() -> set[str]:
    rows = re.findall(r"^\| (`[^|]*) \|", DOCUMENT.read_text(), flags=re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`([^`]+)`", row) if not key.startswith(".")}


def test_every_key_is_documented_and_every_documented_key_is_written() -> None:
    written = {value for name, value in vars(fields).items() if name.isupper()}
    values_of_action = {"channel-opened", "channel-closed", "heartbeat"}
    inline = {"messaging.rabbitmq.prefetch", "eventrail.in_flight"}

    assert written - inline == documented_keys() - PUT_ON_BY_THE_SHIPPER - values_of_action
    assert all(f"`{key}`" in DOCUMENT.read_text() for key in inline)
