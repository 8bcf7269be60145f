"""Applies the excuses, strictly: an excused case must raise CannotHappenError."""

import pytest

from tests.contract.excuses import EXCUSES, CannotHappenError


@pytest.fixture(autouse=True)
def excused(request: pytest.FixtureRequest) -> None:
    """Expect CannotHappenError of a case that its subject is excused from."""
    name = getattr(request.cls, "excuse_name", None)
    case = request.function.__name__
    if name is not None and case in EXCUSES.get(name, {}):
        reason = EXCUSES[name][case]
        request.applymarker(pytest.mark.xfail(raises=CannotHappenError, strict=True, reason=reason))
