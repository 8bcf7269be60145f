"""A new customer: verify the identity, keep the documents, open account, card and savings.

onboarding ─ onboarding.requested ─┬─ identity ─┬─ identity.verified ─ customers ─ customer.created
                                   └─ documents └─ identity.rejected ─┬─ onboarding
                                                                      └─ support
customer.created ─┬─ accounts ─ account.opened ─┬─ notifications
                  │                             └─ statements
                  ├─ cards ─ card.issued ─ notifications
                  └─ savings
"""

from eventrail_instrumentation import Discard, Message

from bank.customers import applicant
from bank.desk import Desk
from bank.flow import Flow

FLOW = Flow("onboarding", share=0.08)


@FLOW.starts_at("onboarding", publishes=("onboarding.requested",))
def apply(desk: Desk) -> None:
    desk.work(5, 20)
    desk.log.info("application received")
    desk.publish("onboarding.requested", applicant(desk.draw))


@FLOW.on("onboarding.requested", "identity", publishes=("identity.verified", "identity.rejected"))
def verify(desk: Desk, message: Message) -> None:
    desk.work(30, 160)
    if desk.happens(0.05):
        desk.log.warning("the passport has expired")
        desk.publish("identity.rejected", message.json())
        return
    desk.log.info("identity verified")
    desk.publish("identity.verified", message.json())


@FLOW.on("onboarding.requested", "documents")
def keep(desk: Desk, _message: Message) -> None:
    desk.work(15, 60)
    if desk.happens(0.02):
        raise Discard("the scan cannot be read")


@FLOW.on("identity.verified", "customers", publishes=("customer.created",))
def create(desk: Desk, message: Message) -> None:
    desk.work(8, 30)
    desk.log.info("customer %s created", message.json()["customer"])
    desk.publish("customer.created", message.json())


@FLOW.on("identity.rejected", "onboarding")
def reject(desk: Desk, _message: Message) -> None:
    desk.work(4, 15)
    desk.log.info("application rejected")


@FLOW.on("identity.rejected", "support")
def open_case(desk: Desk, _message: Message) -> None:
    desk.work(5, 25)


@FLOW.on("customer.created", "accounts", publishes=("account.opened",))
def open_account(desk: Desk, message: Message) -> None:
    desk.work(10, 40)
    desk.publish("account.opened", message.json())


@FLOW.on("customer.created", "cards", publishes=("card.issued",))
def issue_card(desk: Desk, message: Message) -> None:
    desk.work(10, 40)
    desk.publish("card.issued", message.json())


@FLOW.on("customer.created", "savings")
def open_savings(desk: Desk, _message: Message) -> None:
    desk.work(6, 25)


@FLOW.on("account.opened", "notifications")
def welcome(desk: Desk, message: Message) -> None:
    desk.work(4, 30)
    desk.log.info("welcome letter to %s", message.json()["customer"])


@FLOW.on("account.opened", "statements")
def begin_statements(desk: Desk, _message: Message) -> None:
    desk.work(3, 12)


@FLOW.on("card.issued", "notifications")
def tell_of_card(desk: Desk, _message: Message) -> None:
    desk.work(4, 30)
