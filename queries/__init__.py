"""THE CATALOGUE: every question put to Prometheus and Elasticsearch, as documented data.

`metrics/` holds the metric queries, `vocabulary/` what the fields of log documents are called; `catalogue` and
`vocabulary` load and check them, `promql` puts values into them safely. docs/queries.md is generated from them.
"""
