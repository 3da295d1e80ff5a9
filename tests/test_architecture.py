"""The house stands as docs and design say: proved by parsing every file, so that no import need be run."""

from __future__ import annotations

import ast
import functools
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# From the roof down: a floor may import those after it, never those before.
FLOORS = ("config", "safeguarding", "chat", "community")
PURE = ("safeguarding/detection", "safeguarding/dossier", "safeguarding/transparency")
# Inside a floor: what a module may not import from its own floor. Edges sit on services, services on models.
EDGES = {"views", "consumers", "admin", "management", "adapter", "tasks", "urls", "routing", "forms", "checks"}
RUFF = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
LATE = set(RUFF["lint"]["flake8-tidy-imports"]["banned-module-level-imports"])  # heavy libraries that no start loads
WRITES = {"save", "create", "bulk_create", "bulk_update", "update_or_create", "get_or_create", "delete"}


def python_files(*folders: str) -> list[Path]:
    """Every Python file of the project, migrations aside, as git would commit it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.py"],
        cwd=PROJECT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    paths = [PROJECT / name for name in listed if name and "/migrations/" not in name]
    return [path for path in paths if path.exists() and (not folders or name_of(path).startswith(folders))]


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name_of(path))


def package_of(path: Path) -> list[str]:
    return list(path.relative_to(PROJECT).parent.parts)


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted module) of each import, relative ones resolved; `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = package_of(path)
                base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
            yield node.lineno, base
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def tops(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The libraries, or floors, that one statement imports from."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    return {"." if node.level else (node.module or "").split(".")[0]}


def calls(path: Path) -> Iterator[tuple[int, str, ast.Call]]:
    """(line, last name, node) of each call: `a.b.c(...)` is `c`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield node.lineno, name, node


def at(path: Path, line: int, what: str) -> str:
    return f"{name_of(path)}:{line}: {what}"


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_point_down(floor: str) -> None:
    above = set(FLOORS[: FLOORS.index(floor)])
    wrong = [
        at(path, line, f"imports {module}")
        for path in python_files(f"{floor}/")
        for line, module in imported(path)
        if module.split(".")[0] in above
    ]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_nothing_but_manage_and_tests_imports_config() -> None:
    wrong = [
        at(path, line, f"imports {module}")
        for path in python_files()
        if not name_of(path).startswith(("config/", "tests/")) and name_of(path) != "manage.py"
        for line, module in imported(path)
        if module.split(".")[0] == "config"
    ]
    assert not wrong, "\n".join(wrong)


def test_services_and_models_import_no_edge_of_their_floor() -> None:
    wrong = []
    for floor in FLOORS[1:]:
        for path in python_files(f"{floor}/"):
            inner = path.relative_to(PROJECT / floor).parts
            if inner[0].removesuffix(".py") not in {"services", "models", "policies", "selectors", "audit"}:
                continue
            for line, module in imported(path):
                parts = module.split(".")
                if parts[0] == floor and len(parts) > 1 and parts[1] in EDGES:
                    wrong.append(at(path, line, f"imports the edge {module}"))
    assert not wrong, "\n".join(wrong)


def test_models_and_policies_import_no_service() -> None:
    wrong = [
        at(path, line, f"imports {module}")
        for floor in FLOORS[1:]
        for path in python_files(f"{floor}/models", f"{floor}/policies")
        for line, module in imported(path)
        if module.split(".")[:2] == [floor, "services"]
    ]
    assert not wrong, "\n".join(wrong)


def test_no_import_hides_inside_a_function() -> None:
    """A circle is a fault, and hiding it mends nothing. The late libraries know nothing of us: no circle goes there."""
    wrong = [
        at(path, inner.lineno, "imports inside a function")
        for path in python_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom) and not tops(inner) <= LATE
    ]
    assert not wrong, "\n".join(wrong)


def test_what_starts_loads_no_library_that_few_processes_need() -> None:
    """The web and a worker, as they are started: each of these costs every process time and memory for nothing."""
    code = (
        "import sys, config.asgi, config.celery; config.celery.app.loader.import_default_modules();"
        f"sys.stdout.write(repr(sorted({LATE!r} & set(sys.modules))))"
    )
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environ, capture_output=True, text=True)
    assert run.stdout == "[]", run.stdout + run.stderr


@pytest.mark.parametrize("folder", [*PURE, "safeguarding/incidents"])  # the table that both may read
def test_pure_packages_import_no_django_and_no_other_floor(folder: str) -> None:
    allowed = folder.replace("/", ".")
    wrong = []
    for path in python_files(f"{folder}/"):
        for line, module in imported(path):
            top = module.split(".")[0]
            shared = module.startswith(("safeguarding.incidents", allowed)) or module == "safeguarding"
            foreign = top in FLOORS and not shared
            if top in {"django", "channels", "celery", "redis"} or foreign:
                wrong.append(at(path, line, f"imports {module}"))
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_only_the_audit_module_writes_audit_events() -> None:
    wrong = []
    for path in python_files("community/", "chat/", "safeguarding/", "config/"):
        if name_of(path) == "community/audit.py":
            continue
        for line, name, node in calls(path):
            text = ast.unparse(node.func)
            makes = name in {"AuditEvent", "AuditPayload"}
            writes = text.startswith(("AuditEvent.objects", "AuditPayload.objects")) and name in WRITES | {"update"}
            if makes or writes:
                wrong.append(at(path, line, f"calls {text}"))
    assert not wrong, "\n".join(wrong)


def test_one_function_alone_sends_tasks() -> None:
    sends = {"delay", "apply_async", "send_task", "delay_on_commit", "apply_async_on_commit"}
    wrong = [
        at(path, line, f"calls {ast.unparse(node.func)}")
        for path in python_files("community/", "chat/", "safeguarding/", "config/")
        if name_of(path) != "community/queue.py"
        for line, name, node in calls(path)
        if name in sends
    ]
    assert not wrong, "\n".join(wrong)


def test_one_module_alone_publishes() -> None:
    """`bus.publish(...)`, or `publish(...)` where that name comes from community.bus; a client's own never."""
    wrong = []
    for path in python_files("community/", "chat/", "safeguarding/", "config/"):
        modules = {module for _, module in imported(path)}
        for line, name, node in calls(path):
            if name not in {"publish", "spublish"} or name_of(path) == "community/bus.py":
                continue
            text = ast.unparse(node.func)
            through_bus = (text == "bus.publish" and "community.bus" in modules) or (
                text == "publish" and "community.bus.publish" in modules
            )
            if not through_bus:
                wrong.append(at(path, line, f"calls {text}"))
    assert not wrong, "\n".join(wrong)


def test_edges_write_nothing_to_the_database() -> None:
    """Views, consumers, console, commands and tasks call services; none saves a row or opens a manager to write."""
    wrong = []
    for floor in FLOORS[1:]:
        for path in python_files(f"{floor}/"):
            inner = path.relative_to(PROJECT / floor).parts
            if inner[0].removesuffix(".py") not in EDGES:
                continue
            for line, name, node in calls(path):
                text = ast.unparse(node.func)
                if name in WRITES | {"update"} and ".objects" in text:
                    wrong.append(at(path, line, f"calls {text}"))
    assert not wrong, "\n".join(wrong)


def test_services_say_who_acts() -> None:
    """A service that takes an actor takes it by keyword, without a default: nobody acts by omission."""
    wrong = []
    for path in python_files(*(f"{floor}/services" for floor in FLOORS[1:])):
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            positional = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
            keyword = {
                argument.arg: default
                for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            }
            if "actor" in positional and not node.name.startswith("_"):
                wrong.append(at(path, node.lineno, f"{node.name} takes its actor by position"))
            if keyword.get("actor") is not None:
                wrong.append(at(path, node.lineno, f"{node.name} has a default actor"))
    assert not wrong, "\n".join(wrong)


def test_no_signal_carries_what_the_ground_asks_of_the_floors_above() -> None:
    """A signal without a receiver lets everything through in silence: ports are named in settings instead."""
    wrong = [
        at(path, line, f"calls {ast.unparse(node.func)}")
        for path in python_files("community/", "chat/", "safeguarding/")
        for line, name, node in calls(path)
        if name == "Signal" or (name == "send" and "signal" in ast.unparse(node.func).lower())
    ]
    assert not wrong, "\n".join(wrong)


def marked_invariants() -> dict[int, list[str]]:
    """Invariant of the design (section 4) -> the tests that are marked as attacking it."""
    found: dict[int, list[str]] = {}
    for path in python_files("tests/"):
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = node.decorator_list
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
                marks = node.value.elts if isinstance(node.value, ast.List) else [node.value]
            else:
                continue
            for mark in marks:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.invariant":
                    number = ast.literal_eval(mark.args[0])
                    found.setdefault(number, []).append(at(path, node.lineno, getattr(node, "name", "the whole file")))
    return found


def test_every_invariant_of_the_design_is_attacked_by_a_test() -> None:
    assert sorted(marked_invariants()) == list(range(1, 16))


def test_check_states_are_written_by_their_service_alone() -> None:
    """Invariant 1: a second writer would be a second way out of the check."""
    wrong = []
    for path in python_files("community/", "chat/", "safeguarding/", "config/"):
        if name_of(path) == "chat/services/messages.py":
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Assign) and any(ast.unparse(one).endswith(".check_state") for one in node.targets):
                wrong.append(at(path, node.lineno, "writes a check_state"))
        for line, name, node in calls(path):
            if name in WRITES | {"update", "Message"} and any(word.arg == "check_state" for word in node.keywords):
                wrong.append(at(path, line, "writes a check_state"))
    assert not wrong, "\n".join(wrong)


WRITING = re.compile(r"\.(save|delete)$|\.objects\b.*\.(create|update|bulk_\w+|\w+_or_create)$")
# Services that change something and leave no line of audit, and why that is right (invariant 6).
THEIR_OWN_RECORD = {
    "leave_room": "a membership is a dated interval, which records itself",
    "leave_every_room": "the same",
    "mark_read": "where one reads is nobody's business, and changes nothing for anybody",
    "dismiss_card": "putting a card away is dated on the card",
    "cancel_check": "an attempt that came to nothing is forgotten on purpose",
    "begin_enrolment": "nothing is enrolled yet",
}


def test_services_that_change_something_leave_a_line() -> None:
    """Invariant 6: whoever acts through a service is in the audit, by the service or by one that it calls."""
    writing, recording, names, acting = set(), set(), {}, {}
    for path in python_files(*(f"{floor}/services" for floor in FLOORS[1:])):
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.FunctionDef):
                continue
            inside = list(ast.walk(node))
            called = [ast.unparse(one.func) for one in inside if isinstance(one, ast.Call)]
            if "audit.record" in called:
                recording.add(node.name)
            if any(
                re.search(r"\.(save|delete)$|\.objects\b.*\.(create|update|bulk_\w+|\w+_or_create)$", one)
                for one in called
            ):
                writing.add(node.name)
            names.setdefault(node.name, set()).update(getattr(one, "attr", getattr(one, "id", "")) for one in inside)
            if not node.name.startswith("_") and any(one.arg == "actor" for one in node.args.kwonlyargs):
                acting[node.name] = at(path, node.lineno, node.name)
    for known in (writing, recording):
        while more := {name for name in names.keys() - known if names[name] & known}:
            known |= more
    silent = {name: where for name, where in acting.items() if name in writing - recording}
    assert silent.keys() == THEIR_OWN_RECORD.keys(), "\n".join(silent.values())


def test_the_rules_are_looking_at_something() -> None:
    """A listing that finds nothing, or imports read wrongly, would prove nothing."""
    for floor in FLOORS:
        assert len(python_files(f"{floor}/")) > 3
    assert "community.models" in {module for path in python_files("chat/") for _, module in imported(path)}
    assert "community.models.base" in {
        module for path in python_files("community/models/") for _, module in imported(path)
    }
