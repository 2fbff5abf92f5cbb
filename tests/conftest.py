"""What every test run shares: Hypothesis' settings, and the rule that a CI run leaves nothing out.

With NIGHTPORTER_CI=1 (`make ci`) or CI=true a skip, an xfail or a deselection other than by the `ci` marker
fails the run, outside the files of FILES_THAT_MAY_SKIP.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Test files that need what CI may lack (network namespaces), relative to the repository.
FILES_THAT_MAY_SKIP: frozenset[str] = frozenset()
MARKER_RUNS = ("ci", "not ci")

# No deadline: the clock of a shared machine says nothing about the code. pytest-timeout limits each test.
settings.register_profile("nightporter", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nightporter")


class NothingLeftOut:
    """Notes each test that did not run for good, and turns the run red."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._left_out: list[str] = []

    def _note(self, nodeid: str, what: str) -> None:
        if nodeid.split("::", 1)[0] not in FILES_THAT_MAY_SKIP:
            self._left_out.append(f"{nodeid}: {what}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test was skipped, failed as expected, or passed unexpectedly."""
        if hasattr(report, "wasxfail"):
            self._note(report.nodeid, f"xfail: {report.wasxfail}")
        elif report.skipped:
            self._note(report.nodeid, "skipped")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A whole file was skipped."""
        if report.skipped:
            self._note(report.nodeid, "skipped")

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """A test was deselected: allowed by the marker that the other run selects."""
        marker_run = self._config.option.markexpr
        for item in items:
            is_ci = item.get_closest_marker("ci") is not None
            if marker_run not in MARKER_RUNS or is_ci == (marker_run == "ci"):
                message = f"a CI run may not deselect {item.nodeid}"
                raise pytest.UsageError(message)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """What passed so far fails for what was left out."""
        if self._left_out and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says what was left out."""
        if self._left_out:
            terminalreporter.section("a CI run leaves nothing out", red=True)
            for line in self._left_out:
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Holds CI runs to the rule."""
    if os.environ.get("NIGHTPORTER_CI") == "1" or os.environ.get("CI") == "true":
        config.pluginmanager.register(NothingLeftOut(config), "nothing-left-out")
