"""Turns log documents, under whatever field names, into the canonical event table."""

from eventrail.sources.documents.convert import Converted, convert, join_converted
from eventrail.sources.documents.field_map import FieldMap, field_map

__all__ = ["Converted", "FieldMap", "convert", "field_map", "join_converted"]
