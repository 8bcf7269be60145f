"""The Prometheus adapter, for anything that speaks Prometheus' HTTP API."""

from eventrail.sources.prometheus.source import PrometheusSource

__all__ = ["PrometheusSource"]
