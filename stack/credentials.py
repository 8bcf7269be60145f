"""User names and passwords of the servers, and the hashed forms that the servers store."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field

_PBKDF2_ROUNDS = 10_000


@dataclass(frozen=True)
class Credentials:
    """One account; the password stays out of representations and logs."""

    username: str
    password: str = field(repr=False)

    @property
    def pair(self) -> tuple[str, str]:
        """As HTTP clients want it."""
        return (self.username, self.password)


def new_credentials(username: str) -> Credentials:
    """An account with a random password, safe in URLs."""
    return Credentials(username, secrets.token_urlsafe(18))


def rabbitmq_hash(password: str) -> str:
    """The `password_hash` of a RabbitMQ definitions file (rabbit_password_hashing_sha256)."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def elasticsearch_hash(password: str) -> str:
    """A line's right side in Elasticsearch's `users` file, without starting a Java process for each."""
    salt = secrets.token_bytes(32)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _PBKDF2_ROUNDS, dklen=32)
    return f"{{PBKDF2}}{_PBKDF2_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"
