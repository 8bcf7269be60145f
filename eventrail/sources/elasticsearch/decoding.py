"""Takes an answer's documents apart into columns: by Arrow where the documents are as known, else value by value."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from elasticsearch.serializer import JsonSerializer

from eventrail.sources.documents import Values, add_values, gather, objects
from eventrail.sources.elasticsearch.shape import TEXT, Keys, Shape

# More fields than this that nobody wants, and leaving them out one by one is cheaper than giving each a column.
_UNWANTED_MOST: Final = 256
_SERIALIZER: Final = JsonSerializer()


@dataclass(frozen=True, slots=True)
class Page:
    """The documents of one answer. fields: dotted path → values, one a document. total: how many match, where counted.

    last_sort: the sort values of the last one, to go on from. lacking: the answer, where it says that shards failed or
    time ran out.
    """

    documents: int
    fields: Mapping[str, Values]
    document_ids: Values
    last_sort: Sequence[Any] = ()
    total: int | None = None
    pit_id: str | None = None
    lacking: Mapping[str, Any] | None = None


class Decoder:
    """Decodes answers for one choice of fields, and learns how their documents look. For several threads at once.

    by_columns, by_value: how many answers were taken apart in which way.
    """

    def __init__(self, wanted: Collection[str], fractional: Collection[str]) -> None:
        """Know nothing yet. See Shape.with_documents."""
        self._wanted: Final = frozenset(wanted)
        self._inner: Final = objects(self._wanted)
        self._fractional: Final = frozenset(fractional)
        self._shape = Shape()
        self._lock: Final = threading.Lock()
        self.by_columns = 0
        self.by_value = 0

    def page(self, data: bytes) -> Page:
        """Give the answer's documents. Raises the client's SerializationError for what is no JSON."""
        shape = self._shape
        page = self._by_columns(data, shape) if shape.types and shape.fits else None
        with self._lock:
            if page is not None:
                self.by_columns += 1
                return page
            self.by_value += 1
        return self._by_value(data)

    def _by_columns(self, data: bytes, shape: Shape) -> Page | None:
        """None where the answer is not as the shape has it, or holds what only the slow way takes, such as half a
        character.
        """
        try:
            if not data.isascii():
                data.decode()
            answer = pj.read_json(
                pa.BufferReader(data),
                read_options=pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
                parse_options=pj.ParseOptions(explicit_schema=_schema(shape), unexpected_field_behavior="infer"),
            )
        except (pa.ArrowException, UnicodeDecodeError):
            return None
        row = pa.concat_arrays(answer.to_struct_array().chunks)
        shards, found = row.field("_shards"), row.field("hits")
        if row.field("timed_out")[0].as_py() or shards.field("failed")[0].as_py():
            return None
        hits = found.field("hits").flatten()
        fields = self._fields(pc.struct_field(hits, "_source"), shape)
        if fields is None:
            return None
        sorts = pc.struct_field(hits, "sort")
        return Page(
            documents=len(hits),
            fields=fields,
            document_ids=pc.binary_join_element_wise(
                pc.struct_field(hits, "_index"), pc.struct_field(hits, "_id"), pa.scalar("/", TEXT)
            ),
            last_sort=sorts[-1].as_py() or () if len(hits) else (),
            total=found.field("total").field("value")[0].as_py(),
            pit_id=row.field("pit_id")[0].as_py(),
        )

    def _fields(self, documents: pa.StructArray, shape: Shape) -> dict[str, Values] | None:
        """None where a wanted field came that the shape does not know, or so many others that it is better not to."""
        if _width(documents.type) - len(shape.types) > _UNWANTED_MOST:
            self._shape = Shape(fits=False)
            return None
        fields: dict[str, Values] = {}
        for keys, values in self._leaves(documents, ()):
            path = ".".join(keys)
            if values.null_count < len(values):
                if keys not in shape.types:
                    return None
                add_values(fields, path, values)
        return fields

    def _leaves(self, documents: pa.StructArray, before: Keys) -> Iterator[tuple[Keys, pa.Array]]:
        """Give the wanted fields' values; where a field is an object, that is a value of another kind."""
        for position, field in enumerate(documents.type):
            keys = (*before, field.name)
            path = ".".join(keys)
            # Of an absent object the fields are absent too.
            if pa.types.is_struct(field.type) and path in self._inner:
                yield from self._leaves(pc.struct_field(documents, [position]), keys)
            elif path in self._wanted:
                yield keys, pc.struct_field(documents, [position])

    def _by_value(self, data: bytes) -> Page:
        answer = decoded(data)
        hits = answer["hits"]["hits"]
        documents = [hit.get("_source") for hit in hits]
        with self._lock:
            self._shape = self._shape.with_documents(documents, self._wanted, self._fractional)
        return Page(
            documents=len(hits),
            fields=gather(documents, self._wanted),
            document_ids=[f"{hit['_index']}/{hit['_id']}" for hit in hits],
            last_sort=hits[-1].get("sort", ()) if hits else (),
            total=(answer["hits"].get("total") or {}).get("value"),
            pit_id=answer.get("pit_id"),
            lacking=answer if answer.get("timed_out") or (answer.get("_shards") or {}).get("failed") else None,
        )


def decoded(data: bytes) -> Mapping[str, Any]:
    """Give an answer as Python has it. Raises the client's SerializationError for what is no JSON."""
    answer: Mapping[str, Any] = _SERIALIZER.loads(data)
    return answer


def _width(kind: pa.DataType) -> int:
    """Give how many fields there are, those of objects counted one by one."""
    return sum(_width(field.type) for field in kind) if pa.types.is_struct(kind) else 1


def _schema(shape: Shape) -> pa.Schema:
    """Give the type of a whole answer."""
    hit = pa.struct(
        [("_index", TEXT), ("_id", TEXT), ("_source", shape.struct()), ("sort", pa.list_(pa.int64()))],
    )
    total = pa.struct([("value", pa.int64())])
    return pa.schema(
        [
            ("pit_id", TEXT),
            ("timed_out", pa.bool_()),
            ("_shards", pa.struct([("failed", pa.int64())])),
            ("hits", pa.struct([("total", total), ("hits", pa.list_(hit))])),
        ]
    )
