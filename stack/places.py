"""Where servers are installed, where they keep their data, and which user they run as."""

import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

from stack.errors import StackError

CHECKOUT = Path(__file__).resolve().parent.parent
SERVER_USER = "eventrail"


def server_user() -> str | None:
    """The unprivileged user that servers run as when the caller is root; None means the caller's own."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SERVER_USER)
    except KeyError as missing:
        raise StackError(f"user {SERVER_USER} is missing; run stack/install.sh") from missing
    return SERVER_USER


def cache_folder() -> Path:
    """Where stack/install.sh keeps Elasticsearch and Zipkin; both must name the same place."""
    if chosen := os.environ.get("EVENTRAIL_CACHE"):
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/var/cache/eventrail")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eventrail"


def run_folder() -> Path:
    """The folder of `make live` in this checkout; it holds stack.json and eventrail.toml."""
    return CHECKOUT / ".run"


def data_root(wanted: Path) -> Path:
    """`wanted`, or a new folder below the temporary folder when the servers' user could not reach `wanted`
    (a checkout in root's home)."""
    wanted.mkdir(parents=True, exist_ok=True)
    if server_user() is None or all(_open_to_others(parent) for parent in wanted.parents):
        return wanted
    return temporary_root("eventrail-live-")


def temporary_root(prefix: str) -> Path:
    """A new folder that the servers' user may pass through."""
    root = Path(tempfile.mkdtemp(prefix=prefix))
    root.chmod(0o755)
    return root


def _open_to_others(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def own_folder(path: Path) -> Path:
    """Make `path` and give it to the servers' user."""
    path.mkdir(parents=True, exist_ok=True)
    give_to_server(path)
    return path


def give_to_server(path: Path) -> None:
    """Let the servers' user own `path`; nothing to do when that is the caller."""
    user = server_user()
    if user is not None:
        shutil.chown(path, user, user)


def write_private(path: Path, text: str) -> Path:
    """Write a file with secrets that only the caller may read."""
    return _write(path, text, 0o600)


def write_for_server(path: Path, text: str, mode: int = 0o644) -> Path:
    """Write a configuration file that the server reads; secrets ask for mode 0o600."""
    give_to_server(_write(path, text, mode))
    return path


def _write(path: Path, text: str, mode: int) -> Path:
    # Made anew: an existing file would keep its owner and its mode.
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path
