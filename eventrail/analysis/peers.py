"""Which pod is at the other end of a connection, where the connection's own name does not say."""

import pandas as pd


def pods_of_peers(channels: pd.DataFrame, pod_info: pd.DataFrame) -> pd.DataFrame:
    """Fill the missing pods of Broker.channels from their peer address; adds `by_address` (boolean).

    pod_info: the catalogue's query, pod and pod_ip. An address that several pods had in its window, or none, stays
    unknown: a proxy or a node's own address stands for many pods.
    """
    if channels.empty:
        return channels.assign(by_address=pd.Series(dtype="boolean"))
    unknown = channels["pod"].isna() & channels["peer_address"].notna()
    pairs = pod_info[["pod", "pod_ip"]].dropna().drop_duplicates() if len(pod_info) else _NO_PAIRS
    alone = pairs[~pairs["pod_ip"].duplicated(keep=False)].set_index("pod_ip")["pod"]
    # The port is behind the last colon; an IPv6 address holds others.
    address = channels["peer_address"].str.rsplit(":", n=1).str[0].str.strip("[]")
    # Where no pod has an address the map is of no type.
    found = address.map(alone).astype("str").where(unknown)
    return channels.assign(pod=channels["pod"].fillna(found).astype("str"), by_address=found.notna().astype("boolean"))


_NO_PAIRS = pd.DataFrame({"pod": pd.Series(dtype="str"), "pod_ip": pd.Series(dtype="str")})
