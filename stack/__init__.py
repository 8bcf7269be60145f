"""Starts and stops the real servers that development, tests and benchmarks run against: RabbitMQ, Elasticsearch,
Prometheus, node_exporter and the log shippers, on loopback, each with its own folder and ports. See docs/stack.md."""
