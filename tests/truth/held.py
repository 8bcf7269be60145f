"""What each channel holds, delivery by delivery, asked of the broker's living processes at one instant.

`rabbitmqctl list_channels` tells how many. A channel's process knows which, by delivery tag, as the log lines do; so
what the ledger lists can be compared with it one for one.
"""

import json
from dataclasses import dataclass
from typing import Final

import pandas as pd

from stack.rabbitmq import RabbitMQ

HELD_COLUMNS: Final = ["client_id", "number", "queue", "delivery_tag", "delivered"]

# A node that is about to end may never answer.
_PATIENCE_SECONDS: Final = "10"
# Erlang, for RabbitMQ 3.10: a channel's state holds its unacknowledged deliveries in the sixth place, as records. A
# record of another shape matches no clause and fails the command. A channel that ends meanwhile holds nothing.
_QUESTION: Final = """
Begun = os:system_time(microsecond),
Names = [begin {_, _, Name} = lists:keyfind(<<"connection_name">>, 1, Properties), {Pid, Name} end
         || [{pid, Pid}, {client_properties, Properties}]
            <- rabbit_networking:connection_info_all([pid, client_properties]),
            lists:keymember(<<"connection_name">>, 1, Properties)],
Delivery = fun({pending_ack, Tag, _, Delivered, {resource, _, queue, Queue}, _}) -> [Queue, Tag, Delivered] end,
Unacked = fun(State) -> lists:map(Delivery, lqueue:to_list(element(6, lists:keyfind(ch, 1, tuple_to_list(State))))) end,
Held = fun(Pid) ->
    try
        [{connection, Connection}, {number, Number}] = rabbit_channel:info(Pid, [connection, number]),
        [[proplists:get_value(Connection, Names, <<"?">>), Number | One] || One <- Unacked(sys:get_state(Pid))]
    catch exit:_ -> [] end
end,
Channels = lists:append([Held(Pid) || Pid <- rabbit_channel:list_local()]),
Queues = [[Name, Unacknowledged]
          || [{name, {resource, _, queue, Name}}, {messages_unacknowledged, Unacknowledged}]
             <- rabbit_amqqueue:info_all(<<"VHOST">>, [name, messages_unacknowledged]),
            is_integer(Unacknowledged)],
rabbit_json:encode([Begun, os:system_time(microsecond), Queues, Channels]).
"""


@dataclass(frozen=True)
class Held:
    """What the broker held between `asked` and `answered` (UTC, milliseconds apart).

    of_queue: queue → unacknowledged messages, by the queues' processes that run. deliveries: HELD_COLUMNS, by the
    channels': client_id is the connection's name, number the channel's number in it, delivered when the broker handed
    it over.
    """

    asked: pd.Timestamp
    answered: pd.Timestamp
    of_queue: dict[str, int]
    deliveries: pd.DataFrame


def held_by(server: RabbitMQ) -> Held:
    """Ask the broker. Raises StackError while it does not run."""
    question = _QUESTION.replace("VHOST", server.virtual_host)
    answer = json.loads(server.control("eval", "--timeout", _PATIENCE_SECONDS, "--formatter", "json", question))
    asked, answered, queues, channels = json.loads(answer["value"])
    deliveries = pd.DataFrame(channels, columns=HELD_COLUMNS).astype(
        {"client_id": "str", "number": "str", "queue": "str", "delivery_tag": "int64", "delivered": "int64"}
    )
    deliveries["delivered"] = pd.to_datetime(deliveries["delivered"], unit="ms", utc=True).astype("datetime64[ns, UTC]")
    return Held(_instant(asked), _instant(answered), dict(queues), deliveries)


def _instant(microseconds: int) -> pd.Timestamp:
    return pd.Timestamp(microseconds * 1_000, unit="ns", tz="UTC")
