#!/usr/bin/env python3
"""Compares a staged check with `git diff --cached --quiet` and with `ruff check` of the staged files, in one run.

usage: staged.py PICKLEGATE [--files 10000] [--rounds 25] [--ruff RUFF]

CPU (user + system) of whole processes; the commands take turns, and the median of each is compared. Read the ratios:
milliseconds are those of one machine on one day. The index is as `git commit` hands it to a hook (whole cache-tree).
Each staged file gains one `pickle.load`, so that both sides of every file are parsed; `0 staged` is a clean index.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from make_repository import file_path, git

NEW_LOAD = '''

def restore(path):
    import pickle

    return pickle.loads(open(path, "rb").read())
'''


def cpu_ms(command: list[str], directory: pathlib.Path, expected: set[int]) -> float:
    """Runs `command` once; its CPU time in milliseconds. Another exit status than expected ends the benchmark."""
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expected:
        sys.exit(f"{command[:3]} ended with {process.returncode}, expected {expected}: {errors.decode()}")
    return 1000 * (usage.ru_utime + usage.ru_stime)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("picklegate", type=pathlib.Path)
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=25)
    arguments.add_argument("--ruff", default="ruff")
    arguments.add_argument("--staged", type=int, nargs="+", default=[0, 1, 10, 100])
    options = arguments.parse_args()
    binary = str(options.picklegate.resolve())
    maker = pathlib.Path(__file__).with_name("make_repository.py")

    print(f"{options.files} files, {options.rounds} rounds, median CPU")
    print("| staged | git diff ms | picklegate ms | ruff ms | picklegate / git diff | picklegate / ruff |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        repository = pathlib.Path(scratch, "repository")
        subprocess.run([sys.executable, maker, repository, str(options.files)], check=True)
        for staged in options.staged:
            git(repository, "reset", "-q", "--hard")
            # Spread over the tree: neighbours would share directories.
            names = [file_path(number * options.files // max(staged, 1)) for number in range(staged)]
            for name in names:
                with open(repository / name, "a") as handle:
                    handle.write(NEW_LOAD)
            if names:
                git(repository, "add", *names)
            git(repository, "write-tree")
            found = {1} if staged else {0}
            runs = {
                "git": (["git", "diff", "--cached", "--quiet"], found),
                "picklegate": ([binary, "check", "--format", "concise"], found),
            }
            if names:
                rules = ["check", "--no-cache", "--isolated", "--quiet", "--select", "S301,S302,S506"]
                runs["ruff"] = ([options.ruff, *rules, *names], {1})
            times: dict[str, list[float]] = {name: [] for name in runs}
            for _ in range(options.rounds):
                for name, (command, expected) in runs.items():
                    times[name].append(cpu_ms(command, repository, expected))
            median = {name: statistics.median(values) for name, values in times.items()}
            ruff = f"{median['ruff']:.1f}" if names else "-"
            against_ruff = f"{median['picklegate'] / median['ruff']:.2f}" if names else "-"
            print(
                f"| {staged} | {median['git']:.1f} | {median['picklegate']:.1f} | {ruff} "
                f"| {median['picklegate'] / median['git']:.2f} | {against_ruff} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
