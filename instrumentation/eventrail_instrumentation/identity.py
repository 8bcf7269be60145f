"""Who speaks: the service, its pod, and this start of its process."""

import os
import socket
from dataclasses import dataclass, field

from eventrail_instrumentation.ids import new_id


def _pod_name() -> str:
    # Kubernetes sets HOSTNAME to the pod's name; POD_NAME is the usual name for it in the downward API.
    return os.environ.get("POD_NAME") or os.environ.get("HOSTNAME") or socket.gethostname()


@dataclass(frozen=True, slots=True)
class Identity:
    """Service name and version, pod name, and an ID that is new with each start of the process."""

    service: str
    version: str = ""
    pod: str = field(default_factory=_pod_name)
    instance_id: str = field(default_factory=new_id)
