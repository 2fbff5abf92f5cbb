"""A CI run leaves nothing out: the rule of conftest.py, tried on small suites in runs of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
PASSES = "def test_fine(): pass\n"
MARKED = "import pytest\n@pytest.mark.ci\ndef test_long(): pass\n"
SKIPPED = "import pytest\n@pytest.mark.skip(reason='no')\ndef test_skipped(): pass\n"
XFAILS = "import pytest\n@pytest.mark.xfail(reason='no')\ndef test_xfails(): assert False\n"
FILE_SKIPPED = "import pytest\npytest.skip('no', allow_module_level=True)\n"


def run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, suite: str, *args: str, ci: bool = True
) -> int | pytest.ExitCode:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("NIGHTPORTER_CI", "1" if ci else "0")
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\nmarkers = ci: long\n")
    pytester.makepyfile(test_fine=PASSES, test_suite=suite)
    return pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:cov", *args).ret


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["one-process", "xdist"])
@pytest.mark.parametrize("suite", [SKIPPED, XFAILS, FILE_SKIPPED], ids=["skip", "xfail", "file"])
def test_left_out_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, suite: str, workers: tuple[str, ...]
) -> None:
    assert run(pytester, monkeypatch, suite, *workers) == pytest.ExitCode.TESTS_FAILED


def test_outside_ci_a_skip_is_a_skip(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(pytester, monkeypatch, SKIPPED, ci=False) == pytest.ExitCode.OK


@pytest.mark.parametrize("marker", ["ci", "not ci"])
def test_the_two_halves_of_make_ci_pass(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, marker: str
) -> None:
    assert run(pytester, monkeypatch, MARKED, "-m", marker) == pytest.ExitCode.OK


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["one-process", "xdist"])
@pytest.mark.parametrize("selection", [("-k", "fine"), ("--deselect", "test_fine.py::test_fine")])
def test_any_other_deselection_fails(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    selection: tuple[str, ...],
    workers: tuple[str, ...],
) -> None:
    assert run(pytester, monkeypatch, MARKED, *selection, *workers) not in (
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    )
