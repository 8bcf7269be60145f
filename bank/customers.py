"""What customers do, drawn by chance: the bodies of the events that start a flow."""

import random
from typing import Any

_SHOPS = ("Irma", "Netto", "Magasin", "Matas", "DSB", "Bilka", "Tiger", "Elgiganten")
_BANKS = ("Nordbank", "Østkassen", "Banque du Nord", "Sparkasse Fyn")
_CUSTOMERS = 20_000


def _customer(draw: random.Random) -> dict[str, Any]:
    number = draw.randrange(_CUSTOMERS)
    return {"ref": f"{draw.getrandbits(40):010x}", "customer": f"C{number:05d}", "row": number % 9_973}


def purchase(draw: random.Random) -> dict[str, Any]:
    """A card held to a terminal: amounts in DKK, most of them small."""
    return _customer(draw) | {"amount": round(min(6_000, draw.lognormvariate(5, 1.1)), 2), "shop": draw.choice(_SHOPS)}


def transfer_order(draw: random.Random) -> dict[str, Any]:
    """A payment to an account at another bank."""
    return _customer(draw) | {"amount": round(draw.lognormvariate(7, 1), 2), "bank": draw.choice(_BANKS)}


def small_change(draw: random.Random) -> dict[str, Any]:
    """What a day's purchases lack to full kroner."""
    return _customer(draw) | {"amount": round(draw.uniform(0.05, 40), 2)}


def applicant(draw: random.Random) -> dict[str, Any]:
    """Somebody who wants to become a customer."""
    return _customer(draw)


def statement_period(draw: random.Random) -> dict[str, Any]:
    """Whose statement is due, and for which month."""
    return _customer(draw) | {"month": f"2026-{draw.randrange(1, 13):02d}"}
