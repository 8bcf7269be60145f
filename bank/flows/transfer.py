"""Money goes to another bank: screen, fund, hand to the partner bank (with delayed retries), book.

transfers ─ transfer.requested ─ fraud ─┬─ transfer.approved ─ accounts ─ transfer.funded ─ partner-gateway
                                        └─ transfer.stopped ─┬─ notifications      │ busy: again after 5 s
                                                             ├─ support            │
                                                             └─ audit              │
        ┌─ ledger           ┌─ transfer.settled ───────────────────────────────────┤
        ├─ notifications ───┤                                                      │
        ├─ statements       └─ transfer.failed ─┬─ accounts (refund) ──────────────┘ after 3 attempts
        ├─ reporting                            ├─ support
        └─ audit                                └─ notifications
"""

from eventrail_instrumentation import Discard, Message

from bank.customers import transfer_order
from bank.desk import Desk
from bank.flow import Flow

FLOW = Flow("transfer", share=0.25)

PARTNER_ATTEMPTS = 3
PARTNER_RETRY_SECONDS = 5.0


@FLOW.starts_at("transfers", publishes=("transfer.requested",))
def request(desk: Desk) -> None:
    order = transfer_order(desk.draw)
    desk.work(3, 12)
    desk.log.info("transfer of %s DKK to %s", order["amount"], order["bank"])
    desk.publish("transfer.requested", order)


@FLOW.on("transfer.requested", "fraud", publishes=("transfer.approved", "transfer.stopped"))
def screen(desk: Desk, message: Message) -> None:
    order = message.json()
    desk.work(10, 45)
    cases = desk.ask("support", "OpenCases", customer=order["customer"])["open"]
    if cases > 2 or desk.happens(0.02):
        desk.log.warning("stopped: %s", "open cases" if cases > 2 else "unusual payee")
        desk.publish("transfer.stopped", order)
        return
    desk.publish("transfer.approved", order)


@FLOW.on("transfer.approved", "accounts", publishes=("transfer.funded",))
def fund(desk: Desk, message: Message) -> None:
    order = message.json()
    desk.work(8, 35)
    desk.log.info("debit %s DKK", order["amount"])
    desk.publish("transfer.funded", order)


@FLOW.on(
    "transfer.funded",
    "partner-gateway",
    publishes=("transfer.settled", "transfer.failed"),
    retry_seconds=PARTNER_RETRY_SECONDS,
)
def hand_over(desk: Desk, message: Message) -> None:
    try:
        desk.call_partner("Settle", 60, 400, busy=0.12)
    except TimeoutError as busy:
        if message.attempt < PARTNER_ATTEMPTS:
            raise Discard(f"again in {PARTNER_RETRY_SECONDS:.0f} s") from busy
        desk.log.error("given up after %d attempts", message.attempt)  # noqa: TRY400 - a stack says nothing of a partner
        desk.park(message.queue, message.event_type, message.body)
        desk.publish("transfer.failed", message.json())
        return
    desk.publish("transfer.settled", message.json())


@FLOW.on("transfer.settled", "ledger")
def post(desk: Desk, message: Message) -> None:
    desk.work(5, 25)
    desk.log.info("posted %s DKK", message.json()["amount"])


@FLOW.on("transfer.settled", "notifications")
def tell_of_settlement(desk: Desk, message: Message) -> None:
    desk.work(4, 30)
    desk.log.info("push to %s", message.json()["customer"])


@FLOW.on("transfer.settled", "statements")
def note_settlement(desk: Desk, _message: Message) -> None:
    desk.work(3, 12)


@FLOW.on("transfer.settled", "reporting")
def report_settlement(desk: Desk, _message: Message) -> None:
    desk.work(2, 10)


@FLOW.on("transfer.settled", "audit")
def record_settlement(desk: Desk, _message: Message) -> None:
    desk.work(2, 8)


@FLOW.on("transfer.stopped", "notifications")
def tell_of_stop(desk: Desk, message: Message) -> None:
    desk.work(4, 30)
    desk.log.info("letter to %s", message.json()["customer"])


@FLOW.on("transfer.stopped", "support")
def open_case(desk: Desk, message: Message) -> None:
    desk.work(5, 25)
    desk.log.info("case opened for %s", message.json()["customer"])


@FLOW.on("transfer.stopped", "audit")
def record_stop(desk: Desk, _message: Message) -> None:
    desk.work(2, 8)


@FLOW.on("transfer.failed", "accounts")
def refund(desk: Desk, message: Message) -> None:
    desk.work(8, 35)
    desk.log.info("credit %s DKK", message.json()["amount"])


@FLOW.on("transfer.failed", "support")
def open_case_of_failure(desk: Desk, message: Message) -> None:
    desk.work(5, 25)
    desk.log.info("case opened for %s", message.json()["customer"])


@FLOW.on("transfer.failed", "notifications")
def tell_of_failure(desk: Desk, message: Message) -> None:
    desk.work(4, 30)
    desk.log.info("push to %s", message.json()["customer"])
