"""The bank's flows, one module each, and the look-ups between its services."""

from bank.flows import card_purchase, lookups, monthly_statement, onboarding, savings_round_up, transfer

FLOWS = (card_purchase.FLOW, transfer.FLOW, savings_round_up.FLOW, onboarding.FLOW, monthly_statement.FLOW)
LOOKUPS = lookups.LOOKUPS
