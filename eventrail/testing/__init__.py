"""Deterministic builders for tests: stories of services told as the log lines they would write."""
