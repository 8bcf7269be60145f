"""Finds and reads `eventrail.toml`, lays the environment over it, and says what is wrong by the key's name."""

import difflib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from eventrail.configuration.sections import ENVIRONMENT_DELIMITER, ENVIRONMENT_PREFIX, Configuration
from eventrail.errors import ConfigurationError

FILE_NAME: Final = "eventrail.toml"
PATH_VARIABLE: Final = "EVENTRAIL_CONFIG"
SIZE_BYTES_MAX: Final = 1024 * 1024

# keys whose value is a path; in the file they are relative to the file
_PATH_KEYS: Final = ("ca_file", "vocabulary", "password_file", "api_key_file", "bearer_token_file", "journal")

# the library's words that speak of Python types, in ours
_PLAIN_WORDS: Final = {
    "missing": "is missing",
    "string_type": "must be a text",
    "tuple_type": "must be a text or a list of texts",
    "path_type": "must be a path",
    "model_type": "must be a section with keys of its own",
}


def load_configuration(path: Path | None = None) -> Configuration:
    """Read the configuration: the file `path`, else the one EVENTRAIL_CONFIG names, else ./eventrail.toml if there.

    Environment variables (EVENTRAIL_ELASTICSEARCH__URL, …) win over the file. Without either all sources are absent.
    Raises ConfigurationError, one line that names every key that is wrong; no value is ever quoted in it.
    """
    found = _find(path)
    content = _read(found) if found is not None else {}
    _refuse_unknown_variables(os.environ)
    try:
        return Configuration(**content)
    except ValidationError as error:
        where = str(found) if found is not None else "environment"
        told = "; ".join(_tell(detail) for detail in error.errors(include_url=False, include_input=False))
        raise ConfigurationError(f"{where}: {told}") from None


def section_models() -> dict[str, type[BaseModel]]:
    """Give section name → its model, for the documentation's test and for messages."""
    models = {}
    for name, field in Configuration.model_fields.items():
        candidates = getattr(field.annotation, "__args__", (field.annotation,))
        models[name] = next(kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel))
    return models


def variable_name(section: str, key: str) -> str:
    """Give the environment variable that sets a key."""
    return f"{ENVIRONMENT_PREFIX}{section}{ENVIRONMENT_DELIMITER}{key}".upper()


def _find(path: Path | None) -> Path | None:
    if path is not None:
        return path
    if named := os.environ.get(PATH_VARIABLE):
        return Path(named)
    default = Path(FILE_NAME)
    return default if default.is_file() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > SIZE_BYTES_MAX:
            raise ConfigurationError(f"{path}: larger than {SIZE_BYTES_MAX} bytes, so not a configuration file")
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({error.strerror}); name another with --config or {PATH_VARIABLE}"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        # the parser's message gives line and column and quotes at most one character
        raise ConfigurationError(f"{path}: is not TOML: {error}") from None
    return {name: _with_whole_paths(section, path.parent) for name, section in content.items()}


def _with_whole_paths(section: Any, folder: Path) -> Any:
    if not isinstance(section, dict):
        return section
    return {
        key: str(folder / value) if key in _PATH_KEYS and isinstance(value, str) else value
        for key, value in section.items()
    }


def _refuse_unknown_variables(names: Iterable[str]) -> None:
    """Pydantic ignores variables of a section that does not exist; a misspelt one shall not go unnoticed."""
    sections = tuple(Configuration.model_fields)
    for name in names:
        if name.upper().startswith(ENVIRONMENT_PREFIX) and ENVIRONMENT_DELIMITER in name:
            section = name[len(ENVIRONMENT_PREFIX) :].split(ENVIRONMENT_DELIMITER)[0].lower()
            if section not in sections:
                raise ConfigurationError(f"environment: {name}: unknown section {section}{_meant(section, sections)}")


def _tell(detail: ErrorDetails) -> str:
    """Say one thing that is wrong: `elasticsearch.url (EVENTRAIL_ELASTICSEARCH__URL): …`."""
    section, *rest = detail["loc"]
    models = section_models()
    key = str(rest[0]) if rest else ""
    entry = f"[{rest[1]}]" if rest[1:] and rest[1] else ""
    name = f"{section}.{key}{entry}" if key else str(section)
    if detail["type"] == "extra_forbidden":
        known = models[str(section)].model_fields if key else models
        return f"{name}: unknown {'key' if key else 'section'}{_meant(key or str(section), tuple(known))}"
    message = (
        _PLAIN_WORDS.get(detail["type"], detail["msg"]).removeprefix("Value error, ").replace("Input should", "must")
    )
    return f"{name} ({variable_name(str(section), key)}): {message}" if key else f"{name}: {message}"


def _meant(name: str, names: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(names)}"
