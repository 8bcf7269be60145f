"""Reads many documents in slices side by side, each page made into columns while others are under way."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final

from eventrail.sources.elasticsearch.bodies import Body, slice_of
from eventrail.sources.elasticsearch.collecting import Collected
from eventrail.sources.elasticsearch.reading import Reader

# More keep neither a server nor this process busier (docs/benchmarks.md).
SLICES_MOST: Final = 4
# Below this a slice is not worth its request.
_SLICE_DOCUMENTS_LEAST: Final = 1_000


def read_slices(
    reader: Reader, body: Body, time_path: str, into: Collected, beside: Sequence[Callable[[], None]] = ()
) -> None:
    """Read all that a body matches in a point in time of its own.

    beside: other questions to put meanwhile. Raises the first fault met, of the client, of `beside` or of whoever is
    told about progress; what was collected until then stays.
    """
    slices = min(SLICES_MOST, max(1, into.total // _SLICE_DOCUMENTS_LEAST))
    ended = threading.Event()
    pit_id = reader.open()

    def read(number: int) -> None:
        for page in reader.pages(slice_of(body, time_path, number, slices), pit_id):
            into.add(page)
            if ended.is_set():
                return

    try:
        with ThreadPoolExecutor(slices + len(beside)) as pool:
            running = [pool.submit(each) for each in beside]
            running += [pool.submit(read, number) for number in range(slices)]
            try:
                for each in as_completed(running):
                    each.result()
            finally:
                ended.set()
    finally:
        reader.close(pit_id)
