"""Clean, assemble, ledger, reconcile: pure; tables in, values out."""
