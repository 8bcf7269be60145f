"""Cuts the few events that tests need out of the Nezha data set (see tests/data/nezha/README.md).

    python scripts/make_nezha_cut.py FOLDER

FOLDER holds the whole converted set: logs.jsonl.gz, spans.parquet, mq_messages.parquet. Written anew are the files
`events.*` of tests/data/nezha; the same data gives the same files.
"""

import gzip
import json
import sys
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq

TARGET = Path(__file__).resolve().parents[1] / "tests/data/nezha"

EVENTS = {
    "5d0bbaa5c74d96842aabc39c7b39d067": "a message by way of the queue food_delivery, handled as soon as it arrives",
    "b3cb19fc3e216a70b81abef7553a5ad0": "the same, but handled 13 ms after it arrived",
    "8f2f08a9dbda62dfbdfb1c7d381c5962": "calls through ten services",
    "4628c2ed600360c003d42c0c7a819723": "a call that logs an exception",
}


def main(folder: Path) -> None:
    """Write the cut."""
    wanted = list(EVENTS)
    with gzip.open(folder / "logs.jsonl.gz", "rb") as lines:
        kept = [line for line in lines if json.loads(line)["correlation_id"] in EVENTS]
    # Without name and time in the packed file's head, so that it is the same each time.
    with (TARGET / "events.jsonl.gz").open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.writelines(kept)
    spans = ds.dataset(folder / "spans.parquet").to_table(filter=ds.field("trace_id").isin(wanted))
    pq.write_table(spans, TARGET / "events.spans.parquet", compression="zstd")
    messages = ds.dataset(folder / "mq_messages.parquet").to_table(filter=ds.field("trace_id").isin(wanted))
    told = {row["trace_id"]: row for row in messages.to_pylist()}
    (TARGET / "events.messages.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="ascii")
    print(f"{len(kept)} lines, {spans.num_rows} spans, {len(told)} messages of {len(EVENTS)} events")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
