"""Recordings: one file with the events, log lines and named metric results of a time window.

docs/recording-format.md describes the file; docs/adr tells why it is so.
"""
