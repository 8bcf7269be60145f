"""Scenarios: what services logged and what must be said of it, in a text that a reader needs no code for.

The language is told in docs/scenarios.md. `text` reads a file's blocks, `telling` turns `load` blocks into the lines of
an EventBook, `evaluation` asks Eventrail about them, `sections` knows what an `expect` block may speak of, and
`scenario` compares.
"""
