"""A customer's month on paper: collect, render, send, keep.

statements ─ statement.requested ─ accounts ─ statement.collected ─ documents ─ statement.rendered ─┬─ notifications
                                                                                                    ├─ customers
                                                                                                    └─ audit
"""

from eventrail_instrumentation import Discard, Message

from bank.customers import statement_period
from bank.desk import Desk
from bank.flow import Flow

FLOW = Flow("monthly-statement", share=0.12)


@FLOW.starts_at("statements", publishes=("statement.requested",))
def request(desk: Desk) -> None:
    desk.work(1, 4)
    desk.publish("statement.requested", statement_period(desk.draw))


@FLOW.on("statement.requested", "accounts", publishes=("statement.collected",))
def collect(desk: Desk, message: Message) -> None:
    desk.work(15, 80)
    desk.log.info("%d postings", desk.draw.randrange(5, 90))
    desk.publish("statement.collected", message.json())


@FLOW.on("statement.collected", "documents", publishes=("statement.rendered",))
def render(desk: Desk, message: Message) -> None:
    desk.work(30, 140)
    if desk.happens(0.02):
        raise Discard("the template has no such month")
    desk.publish("statement.rendered", message.json())


@FLOW.on("statement.rendered", "notifications")
def send(desk: Desk, message: Message) -> None:
    desk.work(4, 30)
    desk.log.info("e-mail to %s", message.json()["customer"])


@FLOW.on("statement.rendered", "customers")
def keep(desk: Desk, _message: Message) -> None:
    desk.work(4, 15)


@FLOW.on("statement.rendered", "audit")
def record(desk: Desk, _message: Message) -> None:
    desk.work(2, 8)
