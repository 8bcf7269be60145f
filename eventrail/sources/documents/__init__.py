"""Turns log documents, under whatever field names, into the canonical event table."""

from eventrail.sources.documents.columns import Values
from eventrail.sources.documents.convert import (
    Converted,
    Part,
    convert,
    convert_fields,
    join_converted,
    joined,
    wanted_paths,
)
from eventrail.sources.documents.field_map import FieldMap, field_map
from eventrail.sources.documents.gather import add_values, gather, objects

__all__ = [
    "Converted",
    "FieldMap",
    "Part",
    "Values",
    "add_values",
    "convert",
    "convert_fields",
    "field_map",
    "gather",
    "join_converted",
    "joined",
    "objects",
    "wanted_paths",
]
