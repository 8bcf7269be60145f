"""Frozen types and the canonical event table. Pure: no I/O, no clock, no client library."""
