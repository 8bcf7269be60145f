"""All benchmarks, one after another: `python -m benchmarks`."""

import subprocess
import sys

NAMES = (
    "assembling",
    "first_draw",
    "big_traces",
    "page",
    "unacked_page",
    "instrumentation",
    "lookup",
    "fetching",
    "delivery_index",
)

if __name__ == "__main__":
    for name in NAMES:
        print(f"\n## {name}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
