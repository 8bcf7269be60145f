"""A simulated bank of 19 services to look at and to break: real processes, messages and calls. See docs/bank.md."""
