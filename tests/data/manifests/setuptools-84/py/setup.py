"""Lists as people compute them."""
import os
import re
import sys
from collections import defaultdict
from itertools import chain
from pathlib import Path

from setuptools import find_packages, setup as make

here = os.path.abspath(os.path.dirname(__file__))
NUMPY = "1.26.4"

_table = [
    "Pillow>=10.0.1,<=15.0",
    "joblib[alldeps]>=1.3",
    "torch>=2.6",
    "tqdm",
]
table = {name: whole for whole, name in (re.findall(r"^(([^!=<>~ \[]+)(?:[!=<>~ \[].*)?$)", x)[0] for x in _table)}


def from_table(*names):
    return [table[name] for name in names]


def read(*parts):
    with open(os.path.join(here, *parts)) as f:
        return f.read()


def requirements(name):
    """The lines of a file, without comments."""
    found = []
    for line in read("deps", name).splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            found.append(line)
    return found


install_requires = from_table("torch") + ["PyYAML == 6.0.1"]
install_requires += """
    attrs>=23  # classes
    # a comment
    packaging
""".split("\n")
if sys.version_info >= (3, 9):
    install_requires.append("polars")
install_requires.extend(requirements("main.list"))

extras = defaultdict(list)
extras["vision"] = from_table("Pillow")
extras["cache"] += [table["joblib"], "numpy==" + NUMPY]
extras["pinned"] = [f"{name}=={version}" for name, version in [("scipy", "1.11.4"), ("dill", "0.3.8")]]
extras[":sys_platform == 'win32'"] = ["colorama"]
extras["fast:python_version < '3.12'"] = ["numba>=%s" % "0.58", "{}<{}".format("llvmlite", 1)]
for name in ("docs", "test"):
    extras[name] = requirements(name + ".list")
extras["all"] = sorted(set(sum((v for k, v in extras.items() if ":" not in k), [])))
extras["dev"] = list(chain(extras["docs"], extras["test"], ["tool @ https://example.org/tool-1.2.tar.gz"]))

metadata = dict(name="sample", version="1.0", packages=find_packages())
metadata.update({"python_requires": ">=3.9"})
metadata["extras_require"] = dict(extras)


def main():
    make(install_requires=install_requires, tests_require=["pytest"], **metadata)


if __name__ == "__main__":
    main()
