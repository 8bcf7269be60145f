"""Small modules, short functions, and texts that a reader of the repository alone understands."""

import ast
import statistics
import subprocess
from collections.abc import Iterator

from tests.architecture.source_files import ROOT, belongs, source_files

LONGEST_MODULE = 400
MEDIAN_MODULE = 120
LONGEST_FUNCTION = 70


def test_no_module_is_long_and_half_of_them_are_short() -> None:
    lines = {file.name: file.text.count("\n") for file in source_files()}

    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE} == {}
    assert statistics.median(count for count in lines.values() if count > 1) <= MEDIAN_MODULE


def test_functions_fit_on_a_page() -> None:
    long = [
        f"{file.name}.{node.name}: {length}"
        for file in source_files()
        for node in ast.walk(file.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) >= LONGEST_FUNCTION
    ]

    assert long == []


def test_public_functions_of_the_core_say_what_they_take_and_give() -> None:
    silent = [
        f"{file.name}.{node.name}"
        for file in source_files()
        if belongs(file.name, "eventrail") or belongs(file.name, "queries")
        for node in _public(file.tree)
        if ast.get_docstring(node) is None
    ]

    assert silent == []


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Give the public classes, functions and methods; what stands inside a function is not public."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from _public(node)


def test_no_tracked_file_names_a_place_that_only_its_author_has() -> None:
    pattern = "(^|[^a-zA-Z])/(work|farm|home|root)/[a-z.]"
    command = ["git", "grep", "-nIE", pattern, "--", ".", ":!tests/architecture"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.stdout == ""


def test_decisions_are_numbered_one_after_another_and_their_headings_say_the_number() -> None:
    files = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))

    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        assert file.read_text().startswith(f"# {int(file.name[:4])}. "), file.name
