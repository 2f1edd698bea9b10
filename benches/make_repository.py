#!/usr/bin/env python3
"""Makes a git repository of N Python files, for benchmarks. The same arguments always make the same content.

usage: make_repository.py DIRECTORY FILES
"""

import pathlib
import subprocess
import sys

MODULE = '''"""Part {number} of a made-up service."""

import json
import logging
import os
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass
class Record{number}:
    key: str
    size: int = {number}

    def path(self, root: str) -> str:
        return os.path.join(root, self.key[:2], self.key)


def read_{number}(root: str, key: str) -> dict:
    record = Record{number}(key)
    with open(record.path(root), encoding="utf-8") as handle:
        values = json.load(handle)
    log.debug("read %s: %d values", key, len(values))
    return {{name: value for name, value in values.items() if value is not None}}


def total_{number}(rows: list[dict]) -> int:
    result = 0
    for row in rows:
        if row.get("kind") == "a" and row["size"] > {number}:
            result += row["size"] * 2
        elif row.get("kind") == "b":
            result += sum(part["size"] for part in row.get("parts", []))
    return result
'''
# Every fiftieth file already loads pickles: old findings are what a real repository has.
OLD_LOAD = '''

def cached_{number}(path):
    import pickle

    with open(path, "rb") as handle:
        return pickle.load(handle)
'''


def git(directory: pathlib.Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", directory, *arguments], check=True, stdout=subprocess.DEVNULL)


def file_path(number: int) -> str:
    return f"service_{number % 7}/area_{number // 500}/group_{number // 50}/module_{number}.py"


def main() -> None:
    directory, files = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    directory.mkdir(parents=True)
    git(directory, "init", "-q", "-b", "main")
    git(directory, "config", "user.name", "bench")
    git(directory, "config", "user.email", "bench@example.org")
    # Nothing may still be packing in the background when the benchmark starts.
    git(directory, "config", "gc.auto", "0")
    git(directory, "config", "maintenance.auto", "false")
    for number in range(files):
        path = directory / file_path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = MODULE.format(number=number) + (OLD_LOAD.format(number=number) if number % 50 == 0 else "")
        path.write_text(text)
    (directory / "requirements.txt").write_text("numpy==1.26.4\ntorch==2.5.1\npyyaml==6.0.1\n")
    git(directory, "add", "-A")
    git(directory, "commit", "-qm", "base")
    git(directory, "gc", "-q")


if __name__ == "__main__":
    main()
