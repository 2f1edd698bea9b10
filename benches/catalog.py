#!/usr/bin/env python3
"""Reads big manifests: `picklegate audit-deps` beside `python -c "import tomllib"` of the same file, in turns.

usage: catalog.py PICKLEGATE [--packages 20000] [--files 2000] [--rounds 5]

Makes a uv.lock of half and of all the packages, and half and all of the requirements files, in as many directories and in
one. Prints megabytes, the median CPU (user + system) of whole processes, MB/s, how much slower or faster Python's parser
is, and the peak of the resident memory. What is linear has the same MB/s at both sizes, and twice the memory at most.
"""

import argparse
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

TOMLLIB = "import sys, tomllib; tomllib.load(open(sys.argv[1], 'rb'))"
INDEX = "https://packages.example.org"


def run(command: list[str], directory: pathlib.Path) -> tuple[float, float]:
    """Runs `command` once: seconds of CPU, and MB of peak resident memory. A failure ends the benchmark."""
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[:3]} ended with {process.returncode}: {errors.decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def digest(chance: random.Random) -> str:
    return f"sha256:{chance.getrandbits(256):064x}"


def lock(count: int) -> str:
    """A uv.lock of a project with `count` dependencies, direct and transitive; some are forked, some have extras."""
    chance = random.Random(1)
    name = "package-{:05}".format
    direct = "".join(f'    {{ name = "{name(number)}" }},\n' for number in range(0, count, 50))
    parts = [
        'version = 1\nrevision = 5\nrequires-python = ">=3.9"\n\n[[package]]\nname = "sample"\nversion = "1.0"\n'
        f'source = {{ virtual = "." }}\ndependencies = [\n{direct}]\n'
    ]
    for number in range(count):
        fork = number % 10 == 9
        needs = sorted({chance.randrange(number + 1, count) for _ in range(5)} if number + 1 < count else set())
        files = [f"{name(number)}-1.{number}-cp3{minor}-manylinux_x86_64.whl" for minor in range(9, 14)]
        parts.append(
            f'\n[[package]]\nname = "{name(number - fork)}"\nversion = "1.{number}"\n'
            f'source = {{ registry = "{INDEX}/simple" }}\n'
            + 'resolution-markers = [\n    "python_full_version >= \'3.10\'",\n]\n' * fork
            + "dependencies = [\n"
            + "".join(f'    {{ name = "{name(need - (need % 10 == 9))}" }},\n' for need in needs)
            + f']\nsdist = {{ url = "{INDEX}/files/{name(number)}-1.{number}.tar.gz", hash = "{digest(chance)}", size = 1 }}\n'
            + "wheels = [\n"
            + "".join(f'    {{ url = "{INDEX}/files/{file}", hash = "{digest(chance)}", size = 1 }},\n' for file in files)
            + "]\n"
        )
    return "".join(parts)


def requirements(number: int) -> str:
    """What pip-compile makes of a few dozen dependencies."""
    chance = random.Random(number)
    lines = []
    for package in range(30):
        lines.append(f"package-{package}==1.{number}; python_version >= '3.9' \\\n")
        lines += [f"    --hash={digest(chance)} \\\n", f"    --hash={digest(chance)}\n"]
        lines.append(f"    # via\n    #   -r requirements.in\n    #   package-{(package + 1) % 30}\n")
    return "".join(lines)


def cases(scratch: pathlib.Path, packages: int, files: int):
    """What is measured: a name, the directory, its bytes, and the file that Python reads, if any."""
    for count in (packages // 2, packages):
        directory = scratch / f"lock-{count}"
        directory.mkdir()
        path = directory / "uv.lock"
        path.write_text(lock(count))
        yield f"uv.lock, {count} packages", directory, path.stat().st_size, path
    for count in (files // 2, files):
        for kind in ("in as many directories", "in one directory"):
            directory = scratch / f"requirements-{count}-{kind.replace(' ', '-')}"
            size = 0
            for number in range(count):
                path = directory / f"part-{number}" / "requirements.txt"
                if kind == "in one directory":
                    path = directory / "requirements" / f"part-{number}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                size += path.write_text(requirements(number))
            yield f"{count} requirements files {kind}", directory, size, None


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("picklegate", type=pathlib.Path)
    arguments.add_argument("--packages", type=int, default=20_000)
    arguments.add_argument("--files", type=int, default=2_000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    audit = [str(options.picklegate.resolve()), "audit-deps", "--no-scan", "--format", "json", "."]

    print(f"{options.rounds} rounds in turns, median CPU of whole processes")
    print("| what | MB | picklegate s | MB/s | peak MB | tomllib s | MB/s | peak MB | tomllib / picklegate |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for name, directory, size, toml in cases(pathlib.Path(scratch), options.packages, options.files):
            runs = {"picklegate": audit}
            if toml:
                runs["tomllib"] = [sys.executable, "-c", TOMLLIB, str(toml)]
            measured: dict[str, list[tuple[float, float]]] = {tool: [] for tool in runs}
            for _ in range(options.rounds):
                for tool, command in runs.items():
                    measured[tool].append(run(command, directory))
            row = [name, f"{size / 1e6:.1f}"]
            seconds = {}
            for tool in ("picklegate", "tomllib"):
                if tool not in measured:
                    row += ["-"] * 3
                    continue
                seconds[tool] = statistics.median(cpu for cpu, _ in measured[tool])
                peak = max(peak for _, peak in measured[tool])
                row += [f"{seconds[tool]:.2f}", f"{size / 1e6 / seconds[tool]:.0f}", f"{peak:.0f}"]
            row.append(f"{seconds['tomllib'] / seconds['picklegate']:.1f}" if toml else "-")
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
