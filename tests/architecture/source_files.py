"""The project's own Python files, and what they import."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "eventrail",
    "queries",
    "dashboard",
    "bank",
    "stack",
    "benchmarks",
    "instrumentation/eventrail_instrumentation",
)


@dataclass(frozen=True)
class SourceFile:
    """A module: its dotted name as it is imported, and its syntax tree."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> frozenset[str]:
        """Dotted names that the module imports, wherever in it."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        return frozenset(found)


@cache
def source_files() -> tuple[SourceFile, ...]:
    """Give all modules outside tests."""
    return tuple(_walk())


def _walk() -> Iterator[SourceFile]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "_pb2" not in path.name:
                relative = path.relative_to(ROOT).with_suffix("")
                parts = [part for part in relative.parts if part not in ("instrumentation", "__init__")]
                yield SourceFile(".".join(parts), path)


def belongs(name: str, package: str) -> bool:
    """Say whether a dotted name is the package or lies in it."""
    return name == package or name.startswith(f"{package}.")
