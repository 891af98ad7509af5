"""Compares the output of a knowledge base before and after an injection, with Python's zipfile and plistlib.

usage: genexus_judge.py BEFORE AFTER VERSION OLD=NEW...

Every text must be the old one with these replacements and nothing else; `gxversion.json` of prototyping metadata must say VERSION. No old
value may be left in any form of text. Packages and executables are only searched: other tools judge what they hold.
"""
import plistlib
import sys
import zipfile
from pathlib import Path

SKIPPED = {"META-INF/MANIFEST.MF", "_CodeSignature/CodeResources"}


def contents(root):
    for path in sorted(p for p in Path(root).rglob("*") if p.is_file()):
        name = path.relative_to(root).as_posix()
        if "/res/" in name or path.suffix in (".smali", ".xml") or "/GAM/" in name or name.startswith("angular/"):
            continue  # What the build was made of, not what it made.
        data = path.read_bytes()
        if data[:2] == b"PK":
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    yield f"{name}!/{info.filename}", archive.read(info)
        else:
            yield name, data


def main(before, after, version, *pairs):
    ids = dict(pair.split("=", 1) for pair in pairs)
    old, new = dict(contents(before)), dict(contents(after))
    wrong, changed = [], 0
    for name, data in new.items():
        for value in ids:
            forms = [value.encode(), value.encode("utf-16-le"), value.encode("utf-16-be")]
            if ids[value] != value and any(form in data for form in forms):
                wrong.append(f"{name}: {value} is left")
    for name, data in old.items():
        if name not in new:
            wrong.append(f"{name}: gone")
            continue
        if any(name.endswith(skipped) for skipped in SKIPPED):
            continue
        if name.endswith(".plist"):
            text = repr(plistlib.loads(data))
            found = repr(plistlib.loads(new[name]))
        else:
            try:
                text, found = data.decode(), new[name].decode()
            except UnicodeDecodeError:
                continue
        for value, replacement in ids.items():
            text = text.replace(value, replacement)
        if name.split("!/")[-1].endswith("gxversion.json") and "/gxmetadata/" in name:
            text = '{ "version":"%s"}' % version
        if text != found:
            wrong.append(f"{name}: expected {text[:200]!r}, found {found[:200]!r}")
        changed += new[name] != data
    print("\n".join(wrong) or f"{changed} files changed, each as it should")
    return 1 if wrong or (changed == 0 and any(k != v for k, v in ids.items())) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
