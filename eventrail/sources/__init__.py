"""Ports (`ports`) and the adapters behind them; only the adapter of a backend imports its client."""
