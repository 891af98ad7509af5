"""What changed between two states of an app, by readers that share nothing with ours: Python's zipfile and plistlib, and
plistutil. Usage: apple_judge.py BEFORE AFTER (IPAs or .app folders). Prints what is wrong; exit status 1 where something is.
"""
import os, plistlib, struct, subprocess, sys, tempfile, zipfile

ADDED = {"ClientId", "ClientSecret"}
CODE = {b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"}
wrong = []


def files(path):
    """Contents by name, and of an IPA the raw bytes from each local header to the next."""
    if os.path.isdir(path):
        found = {}
        for folder, _, names in os.walk(path):
            for name in names:
                full = os.path.join(folder, name)
                link = os.path.islink(full)
                content = b"link " + os.readlink(full).encode() if link else open(full, "rb").read()
                found[os.path.relpath(full, path)] = (content, os.lstat(full).st_mode)
        return found, {}
    whole = open(path, "rb").read()
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        found = {e.filename: (archive.read(e), e.external_attr) for e in entries}
        raw = {}
        for e in entries:
            name, extra = struct.unpack_from("<HH", whole, e.header_offset + 26)
            end = e.header_offset + 30 + name + extra + e.compress_size
            raw[e.filename] = whole[e.header_offset:end]
        order = [e.filename for e in entries]
    return found, {"raw": raw, "order": order}


def plist(name, content):
    """As plistlib reads it; plistutil must read the same."""
    tree = plistlib.loads(content)
    with tempfile.NamedTemporaryFile(suffix=".plist") as file:
        file.write(content)
        file.flush()
        seen = subprocess.run(["plistutil", "-f", "xml", "-i", file.name, "-o", "-"], capture_output=True)
        if seen.returncode != 0:
            wrong.append(f"{name}: plistutil: {seen.stderr.decode(errors='replace').strip()}")
        elif plistlib.loads(seen.stdout) != tree:
            wrong.append(f"{name}: plistutil and plistlib read different things")
    return tree


def main(before, after):
    (old, old_zip), (new, new_zip) = files(before), files(after)
    for name in old.keys() - new.keys():
        wrong.append(f"{name}: gone")
    for name in new.keys() - old.keys():
        if not name.endswith("_CodeSignature/CodeResources"):
            wrong.append(f"{name}: added")
    changed = [name for name in old.keys() & new.keys() if old[name][0] != new[name][0]]
    infos = 0
    for name in changed:
        content, mode = new[name]
        if mode != old[name][1]:
            wrong.append(f"{name}: its mode changed")
        if name.endswith("Info.plist"):
            infos += 1
            was, now = plist(name, old[name][0]), plist(name, content)
            if {k: v for k, v in was.items() if k not in ADDED} != {k: v for k, v in now.items() if k not in ADDED}:
                wrong.append(f"{name}: more than {sorted(ADDED)} changed")
            if not all(isinstance(now.get(key), str) for key in ADDED):
                wrong.append(f"{name}: {sorted(ADDED)} are not there")
            if content.startswith(b"bplist") != old[name][0].startswith(b"bplist"):
                wrong.append(f"{name}: its format changed")
        elif name.endswith("_CodeSignature/CodeResources"):
            was, now = plist(name, old[name][0]), plist(name, content)
            if any(was.get(key) != now.get(key) for key in ("rules", "rules2")):
                wrong.append(f"{name}: its rules changed")
        elif content[:4] not in CODE:
            wrong.append(f"{name}: changed, and it is neither code nor a seal nor the place")
    if infos != 1:
        wrong.append(f"{infos} Info.plist changed, expected one: {changed}")
    if old_zip:
        if [n for n in new_zip["order"] if n in old] != old_zip["order"]:
            wrong.append("the order of entries changed")
        for name in old.keys() - set(changed):
            if old_zip["raw"][name] != new_zip["raw"].get(name):
                wrong.append(f"{name}: not raw-identical")
    for line in wrong:
        print(line)
    print(f"{len(changed)} changed of {len(old)}")
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:3]))
