"""The small change of the day goes to the savings account.

savings ─ savings.round-up-requested ─ accounts ─ savings.round-up-funded ─ savings ─ savings.credited ─┬─ ledger
                                                                                                        ├─ notifications
                                                                                                        └─ statements
"""

from eventrail_instrumentation import Message, Requeue

from bank.customers import small_change
from bank.desk import Desk
from bank.flow import Flow

FLOW = Flow("savings-round-up", share=0.15)


@FLOW.starts_at("savings", publishes=("savings.round-up-requested",))
def sweep(desk: Desk) -> None:
    desk.work(1, 5)
    desk.publish("savings.round-up-requested", small_change(desk.draw))


@FLOW.on("savings.round-up-requested", "accounts", publishes=("savings.round-up-funded",))
def fund(desk: Desk, message: Message) -> None:
    order = message.json()
    desk.work(8, 35)
    if message.attempt == 1 and desk.happens(0.01):
        raise Requeue(f"account row {order['row']} is locked")
    desk.log.info("debit %s DKK", order["amount"])
    desk.publish("savings.round-up-funded", order)


@FLOW.on("savings.round-up-funded", "savings", publishes=("savings.credited",))
def credit(desk: Desk, message: Message) -> None:
    desk.work(6, 25)
    desk.log.info("saved %s DKK", message.json()["amount"])
    desk.publish("savings.credited", message.json())


@FLOW.on("savings.credited", "ledger")
def post(desk: Desk, _message: Message) -> None:
    desk.work(5, 25)


@FLOW.on("savings.credited", "notifications")
def tell(desk: Desk, message: Message) -> None:
    desk.work(4, 30)
    desk.log.info("push to %s", message.json()["customer"])


@FLOW.on("savings.credited", "statements")
def note(desk: Desk, _message: Message) -> None:
    desk.work(3, 12)
