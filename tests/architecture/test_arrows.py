"""Arrows point one way (docs/architecture.md)."""

import ast

import pytest

from tests.architecture.source_files import SourceFile, belongs, source_files

# package → the project's packages that it may import
MAY_IMPORT = {
    "eventrail.errors": (),
    "eventrail.words": (),
    "eventrail.clock": (),
    "eventrail.harmless": (),
    "eventrail.model": ("eventrail.model", "eventrail.errors"),
    "eventrail.analysis": ("eventrail.analysis", "eventrail.model", "eventrail.words"),
    "eventrail.configuration": ("eventrail.configuration", "eventrail.errors"),
    "eventrail.sources": (
        *("eventrail.sources", "eventrail.model", "eventrail.errors", "eventrail.configuration", "eventrail.recording"),
        "queries",
    ),
    "eventrail.recording": (
        "eventrail.recording",
        "eventrail.sources",
        "eventrail.model",
        "eventrail.errors",
        "queries",
    ),
    "eventrail.investigate": (
        *("eventrail.investigate", "eventrail.analysis", "eventrail.model", "eventrail.sources.ports"),
        *("eventrail.words", "eventrail.errors"),
    ),
    "eventrail.watch": (
        *("eventrail.watch", "eventrail.investigate", "eventrail.analysis", "eventrail.model"),
        *("eventrail.sources.ports", "eventrail.clock", "eventrail.harmless", "eventrail.errors"),
    ),
    "eventrail.acting": (
        *("eventrail.acting", "eventrail.sources.rabbitmq", "eventrail.model", "eventrail.configuration"),
        *("eventrail.clock", "eventrail.errors"),
    ),
    "eventrail.report": (
        *("eventrail.report", "eventrail.analysis", "eventrail.model"),
        *("eventrail.words", "eventrail.harmless"),
    ),
    "queries": ("queries", "eventrail.model", "eventrail.errors"),
    "bank": ("bank", "eventrail_instrumentation", "stack"),
    "stack": ("stack",),
    "eventrail_instrumentation": ("eventrail_instrumentation",),
}
OWN = ("eventrail", "queries", "dashboard", "bank", "stack", "benchmarks", "eventrail_instrumentation")

# client library → the only packages that may import it
ONLY_IN = {
    "streamlit": ("dashboard",),
    "plotly": ("dashboard",),
    "elasticsearch": ("eventrail.sources.elasticsearch", "benchmarks"),
    "elastic_transport": ("eventrail.sources.elasticsearch", "benchmarks"),
    "prometheus_api_client": ("eventrail.sources.prometheus",),
    "prometheus_client": ("eventrail.watch", "eventrail_instrumentation", "bank", "benchmarks"),
    "pika": ("eventrail_instrumentation", "bank", "benchmarks", "eventrail.acting"),
    "grpc": ("eventrail_instrumentation", "bank"),
    "rich": ("eventrail.cli",),
}

# What reads the clock, as it is written.
CLOCK_CALLS = {"now", "utcnow", "today", "time", "time_ns"}
CLOCK_OWNERS = {"datetime", "date", "Timestamp", "time", "pd.Timestamp", "dt.datetime"}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    wrong = [
        f"{file.name} imports {name}"
        for file in source_files()
        if belongs(file.name, package)
        for name in sorted(file.imports)
        if any(belongs(name, own) for own in OWN) and not any(belongs(name, allowed) for allowed in MAY_IMPORT[package])
        if not name.startswith("eventrail.sources.ports")
    ]
    # `from a.b import c` counts as both a.b and a.b.c: the package itself is allowed where something in it is.
    assert [entry for entry in wrong if not _is_parent_of_allowed(entry, package)] == []


def _is_parent_of_allowed(entry: str, package: str) -> bool:
    imported = entry.rsplit(" ", 1)[-1]
    return any(belongs(allowed, imported) and allowed != imported for allowed in MAY_IMPORT[package])


def test_reports_are_made_for_the_edges_only() -> None:
    users = {
        file.name
        for file in source_files()
        if not belongs(file.name, "eventrail.report")
        and any(belongs(name, "eventrail.report") for name in file.imports)
    }

    edges = ("eventrail.cli", "dashboard", "benchmarks")
    assert {name for name in users if not any(belongs(name, edge) for edge in edges)} == set()


def test_only_the_edges_change_the_broker() -> None:
    users = {
        file.name
        for file in source_files()
        if not belongs(file.name, "eventrail.acting")
        and any(belongs(name, "eventrail.acting") for name in file.imports)
    }

    assert {name for name in users if not any(belongs(name, edge) for edge in ("eventrail.cli", "dashboard"))} == set()


@pytest.mark.parametrize("client", ONLY_IN)
def test_a_client_library_is_imported_only_where_its_backend_is_spoken_to(client: str) -> None:
    users = [file.name for file in source_files() if any(belongs(name, client) for name in file.imports)]

    assert [name for name in users if not any(belongs(name, owner) for owner in ONLY_IN[client])] == []


def test_only_one_module_reads_the_clock() -> None:
    readers = [
        file.name
        for file in source_files()
        if (belongs(file.name, "eventrail") or belongs(file.name, "queries") or belongs(file.name, "dashboard"))
        and _reads_the_clock(file)
    ]

    assert readers == ["eventrail.clock"]


def _reads_the_clock(file: SourceFile) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCK_CALLS
        and ast.unparse(node.func.value) in CLOCK_OWNERS
        for node in ast.walk(file.tree)
    )


def test_model_analysis_and_report_do_no_input_or_output_and_know_no_framework() -> None:
    doors = (
        "pydantic",
        "click",
        "pyarrow",
        "socket",
        "requests",
        "urllib",
        "http",
        "subprocess",
        "pathlib",
        "os",
        "io",
        "threading",
        "concurrent",
    )
    wrong = [
        f"{file.name} imports {name}"
        for file in source_files()
        if any(belongs(file.name, f"eventrail.{pure}") for pure in ("model", "analysis", "report"))
        for name in file.imports
        if any(belongs(name, door) for door in doors)
    ]

    assert wrong == []
