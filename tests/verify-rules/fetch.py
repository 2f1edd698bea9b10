"""Fetches the sources of libraries, of each version that rules speak of: nothing is built, installed or imported.

    cargo run --example verify-rules -- plan RULES... | python3 tests/verify-rules/fetch.py DIRECTORY [N]

Each line of the plan is a library: its name, its import names, other distributions of it, versions, and ranges of which the
newest version is fetched as well, or N versions; tab-separated, lists by spaces, the clauses of a range by commas. Sources go to
DIRECTORY/NAME/VERSION; what is there already is not fetched again.

Uses the index that pip uses. Of wheels, which may be huge, only the parts with Python sources are read.
"""

import concurrent.futures
import io
import pathlib
import re
import shutil
import sys
import sysconfig
import tarfile
import zipfile

from pip._internal.commands.index import IndexCommand
from pip._internal.index.collector import parse_links
from pip._internal.models.link import Link
from pip._vendor.packaging.specifiers import SpecifierSet
from pip._vendor.packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from pip._vendor.packaging.version import InvalidVersion, Version

BLOCK = 1 << 20
LARGEST_SDIST = 1 << 30
PART = re.compile(r"[\w.-]*")
SOURCES = (".py", ".pyi", ".pyx", ".so", ".pyd")


class Remote(io.RawIOBase):
    """A file behind HTTP, read in blocks."""

    def __init__(self, session, url):
        self.session, self.url, self.at, self.blocks = session, url, 0, {}
        head = session.head(url, headers={"Accept-Encoding": "identity"})
        head.raise_for_status()
        self.size = int(head.headers["Content-Length"])

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=io.SEEK_SET):
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def block(self, number):
        if number not in self.blocks:
            first = number * BLOCK
            last = min(first + BLOCK, self.size) - 1
            asked = {"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity"}
            answer = self.session.get(self.url, headers=asked)
            answer.raise_for_status()
            if len(answer.content) != last - first + 1:
                raise OSError("the index does not serve parts of files")
            self.blocks[number] = answer.content
        return self.blocks[number]

    def readinto(self, buffer):
        done = 0
        while done < len(buffer) and self.at < self.size:
            part = self.block(self.at // BLOCK)[self.at % BLOCK :][: len(buffer) - done]
            buffer[done : done + len(part)] = part
            self.at, done = self.at + len(part), done + len(part)
        return done


class Index:
    """The files that the index of pip has."""

    def __init__(self):
        command = IndexCommand("index", "")
        options, _ = command.parse_args(["versions", "pip"])
        self.context = command.main_context()
        self.context.__enter__()
        self.session = command._build_session(options)
        self.finder = command._build_package_finder(options, self.session)
        self.known = {}

    def files(self, name):
        """By version: the files of a distribution."""
        if name not in self.known:
            found = {}
            for address in self.finder.search_scope.get_index_urls_locations(name):
                page = self.finder._link_collector.fetch_response(Link(address))
                for link in parse_links(page) if page else ():
                    try:
                        read = parse_wheel_filename if link.is_wheel else parse_sdist_filename
                        of, version = read(link.filename)[:2]
                    except (ValueError, InvalidVersion):
                        continue
                    if canonicalize_name(of) == name and not link.yanked_reason:
                        found.setdefault(version, []).append(link)
            self.known[name] = found
        return self.known[name]

    def best(self, name, version):
        """A wheel for any machine, one for Linux, any other, an sdist; of wheels, that for the latest Python."""

        def order(link):
            if not link.is_wheel:
                return (3, 0, link.filename)
            tags = parse_wheel_filename(link.filename)[3]
            python = max(int("".join(filter(str.isdigit, tag.interpreter)).ljust(3, "0")[:3]) for tag in tags)
            pure, linux = all(tag.platform == "any" for tag in tags), any("linux" in tag.platform for tag in tags)
            return (0 if pure else 1 if linux else 2, -python, link.filename)

        return sorted(self.files(name).get(version, []), key=order)[:1]


def wanted(path):
    parts = path.split("/")
    return path.endswith(SOURCES) and not any(part in ("test", "tests", "testing_data") for part in parts[1:-1])


def write(root, path, content):
    """Only sources have content: of what is compiled the name tells enough."""
    target = root / path
    if ".." in pathlib.PurePosixPath(path).parts or target.is_absolute() and not target.is_relative_to(root):
        raise OSError(f"{path} leads out of the archive")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def unpack(session, link, root):
    """Writes the sources of an archive below `root`; gives what the distribution requires."""
    url = link.url_without_fragment
    requires = []
    if link.filename.endswith((".whl", ".zip")):
        remote = Remote(session, url)
        with zipfile.ZipFile(io.BufferedReader(remote, BLOCK)) as archive:
            for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
                name = entry.filename
                if name.endswith(".dist-info/METADATA"):
                    text = archive.read(entry).decode(errors="replace")
                    requires = [line[15:] for line in text.splitlines() if line.startswith("Requires-Dist: ")]
                parts = name.split("/")
                if parts[0].endswith(".data") and parts[1:2] in (["purelib"], ["platlib"]):
                    name = "/".join(parts[2:])
                if wanted(name):
                    write(root, name, b"" if name.endswith((".so", ".pyd", ".pyx")) else archive.read(entry))
        if link.is_wheel:
            return requires
    else:
        answer = session.get(url, stream=True)
        answer.raise_for_status()
        if int(answer.headers.get("Content-Length", 0)) > LARGEST_SDIST:
            raise OSError(f"{link.filename} is too large")
        with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
            for entry in archive:
                if entry.isfile() and wanted(entry.name):
                    compiled = entry.name.endswith((".so", ".pyd", ".pyx"))
                    write(root, entry.name, b"" if compiled else archive.extractfile(entry).read())
    return requires


def flatten(root, imports):
    """Moves the packages of an sdist, wherever they are in it, to `root`."""
    for name in imports:
        path = name.replace(".", "/")
        if (root / path).exists() or (root / f"{path}.py").exists():
            continue
        found = [*root.glob(f"**/{path}/__init__.py"), *root.glob(f"**/{path}.py"), *root.glob(f"**/{path}/")]
        for place in sorted(found, key=lambda place: len(place.parts))[:1]:
            place = place.parent if place.name == "__init__.py" else place
            target = root / path if place.is_dir() else root / f"{path}.py"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(place, target)


def missing(root, imports):
    return [name for name in imports if not any(root.glob(f"{name.replace('.', '/')}*"))]


def fetch(index, directory, name, imports, others, version):
    root = directory / name / str(version)
    if (root / ".fetched").exists():
        return None
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    files, tried, pending = [], set(), [name]
    while pending and (not files or missing(root, imports)):
        of = pending.pop(0)
        tried.add(of)
        parts = []
        for link in index.best(of, version):
            # What holds no code itself may consist of parts.
            parts = [canonicalize_name(PART.match(part)[0]) for part in unpack(index.session, link, root)]
            files.append(link.filename)
            flatten(root, imports)
        pending += [part for part in dict.fromkeys(parts) if part.startswith(name)]
        pending = [it for it in dict.fromkeys(pending or others) if it not in tried]
    if not files:
        shutil.rmtree(root)
        return f"{name} {version}: the index has no file of it"
    (root / ".fetched").write_text("\n".join(files) + "\n")
    left = missing(root, imports)
    return f"{name} {version}: {' '.join(files)}" + (f", without {' '.join(left)}" if left else "")


def standard_library(directory):
    """The sources of Python itself are those of the one that runs this."""
    source = pathlib.Path(sysconfig.get_path("stdlib"))
    root = directory / "python" / ".".join(map(str, sys.version_info[:3]))
    if not (root / ".fetched").exists():
        left_out = shutil.ignore_patterns("test", "tests", "site-packages", "__pycache__", "*.so", "*.a")
        shutil.copytree(source, root, ignore=left_out, dirs_exist_ok=True)
        compiled = [path.name for path in source.glob("lib-dynload/*.so")]
        for name in (*compiled, *(f"{name}.so" for name in sys.builtin_module_names)):
            (root / name).touch()
        (root / ".fetched").write_text(sys.version + "\n")


def versions(index, name, others, named, ranges, spread):
    """The named ones, and in each range the newest and others, evenly spread."""
    there = set(index.files(name)) or {version for other in others for version in index.files(other)}
    chosen = {Version(version) for version in named}
    for text in ranges:
        admitted = sorted(SpecifierSet(text).filter(there, prereleases=None))
        chosen.update(admitted[-1 - i * len(admitted) // spread] for i in range(min(spread, len(admitted))))
    return sorted(chosen)


def main():
    directory = pathlib.Path(sys.argv[1])
    spread = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    standard_library(directory)
    index = Index()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:

        def library(line):
            name, imports, others, named, ranges = line.rstrip("\n").split("\t")
            imports, others = imports.split(), others.split()
            said = []
            for version in versions(index, name, others, named.split(), [*ranges.split(), ""], spread):
                try:
                    said.append(fetch(index, directory, name, imports, others, version))
                except Exception as problem:  # Whatever is wrong with one archive concerns that one.
                    shutil.rmtree(directory / name / str(version), ignore_errors=True)
                    said.append(f"{name} {version}: {problem}")
            return said

        for said in pool.map(library, sys.stdin):
            for line in filter(None, said):
                print(line, flush=True)


if __name__ == "__main__":
    main()
