"""A card is used in a shop: authorise, pay, book, tell the customer.

cards ─┬─ card.authorised ─┬─ payments ─ payment.requested ─ accounts ─┬─ account.debited
       │                   └─ rewards                                  └─ payment.rejected ─┬─ notifications
       └─ card.declined ─┬─ notifications                                                   └─ limits
                         └─ audit

account.debited ─┬─ ledger ─ ledger.posted ─ reporting
                 ├─ notifications
                 └─ statements
"""

from eventrail_instrumentation import Message, Requeue

from bank.customers import purchase
from bank.desk import Desk
from bank.flow import Flow

FLOW = Flow("card-purchase", share=0.40)


@FLOW.starts_at("cards", publishes=("card.authorised", "card.declined"))
def authorise(desk: Desk) -> None:
    order = purchase(desk.draw)
    desk.work(2, 8)
    within_limit = desk.ask("limits", "Check", customer=order["customer"], amount=order["amount"])["within"]
    score = desk.ask("fraud", "Score", customer=order["customer"], amount=order["amount"])["score"]
    if not within_limit or score > 95:
        desk.log.warning(
            "declined %s DKK at %s: %s", order["amount"], order["shop"], "fraud" if within_limit else "limit"
        )
        desk.publish("card.declined", order)
        return
    desk.log.info("authorised %s DKK at %s", order["amount"], order["shop"])
    desk.publish("card.authorised", order)


@FLOW.on("card.authorised", "payments", publishes=("payment.requested",))
def request_payment(desk: Desk, message: Message) -> None:
    desk.work(5, 20)
    desk.publish("payment.requested", message.json())


@FLOW.on("card.authorised", "rewards")
def award_points(desk: Desk, message: Message) -> None:
    desk.work(3, 15)
    desk.log.info("%d points", message.json()["amount"] // 10)


@FLOW.on("payment.requested", "accounts", publishes=("account.debited", "payment.rejected"))
def debit(desk: Desk, message: Message) -> None:
    order = message.json()
    desk.work(8, 35)
    if message.attempt == 1 and desk.happens(0.01):
        raise Requeue(f"account row {order['row']} is locked")
    if desk.happens(0.03):
        desk.log.warning("insufficient funds for %s DKK", order["amount"])
        desk.publish("payment.rejected", order)
        return
    desk.log.info("debit %s DKK", order["amount"])
    desk.publish("account.debited", order)


@FLOW.on("account.debited", "ledger", publishes=("ledger.posted",))
def post(desk: Desk, message: Message) -> None:
    desk.work(5, 25)
    desk.publish("ledger.posted", message.json())


@FLOW.on("account.debited", "notifications")
def tell_of_debit(desk: Desk, message: Message) -> None:
    desk.work(4, 30)
    desk.log.info("push to %s", message.json()["customer"])


@FLOW.on("account.debited", "statements")
def note_debit(desk: Desk, _message: Message) -> None:
    desk.work(3, 12)


@FLOW.on("ledger.posted", "reporting")
def report_posting(desk: Desk, _message: Message) -> None:
    desk.work(2, 10)


@FLOW.on("card.declined", "notifications")
def tell_of_decline(desk: Desk, message: Message) -> None:
    desk.work(4, 30)
    desk.log.info("push to %s", message.json()["customer"])


@FLOW.on("card.declined", "audit")
def record_decline(desk: Desk, _message: Message) -> None:
    desk.work(2, 8)


@FLOW.on("payment.rejected", "notifications")
def tell_of_rejection(desk: Desk, message: Message) -> None:
    desk.work(4, 30)
    desk.log.info("push to %s", message.json()["customer"])


@FLOW.on("payment.rejected", "limits")
def release_limit(desk: Desk, message: Message) -> None:
    desk.work(2, 8)
    desk.log.info("released %s DKK", message.json()["amount"])
