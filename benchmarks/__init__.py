"""Measurements as commands; figures and how to repeat them are in docs/benchmarks.md."""
