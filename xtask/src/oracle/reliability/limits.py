#!/usr/bin/env python3
"""Inputs that are made to take memory or time: each is refused or read within bounds.

  INJECT=/path/to/inject TESTDATA=/path/to/testdata python3 limits.py [NAME,...]

Every input is made here. Each run must end with an exit code of the program's, without a panic, within MEMORY and CPU seconds.
Prints a table: input, its size, exit code, CPU seconds, peak memory. Exit status 1 where a bound is broken.
"""
import io, os, random, re, shutil, struct, subprocess, sys, tempfile, zipfile, zlib
from pathlib import Path

INJECT = os.path.abspath(os.environ.get("INJECT", "target/release/inject"))
TESTDATA = Path(os.path.abspath(os.environ.get("TESTDATA", "testdata")))
ROOT = Path(tempfile.gettempdir()) / "inject-limits"
# The largest document that is opened has 512 MiB; everything else stays far below.
MEMORY = 1024 * 1024 * 1024
CPU = 30.0
PANIC = re.compile(r"panicked|RUST_BACKTRACE|overflowed its stack|memory allocation of")
CASES = []


def case(function):
    CASES.append(function)
    return function


def apk(extra, replace=None):
    """The demo package with more entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(TESTDATA / "demo.apk") as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename.startswith("META-INF/") or replace and entry.filename in replace:
                continue
            new.writestr(entry, old.read(entry))
        put(new, extra)
    return out.getvalue()


def put(z, files):
    for name, content in files:
        z.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, compress_type=zipfile.ZIP_DEFLATED)


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        put(z, files)
    return out.getvalue()


def at(address):
    return [["x.apk", "--env", "dev", "--unsigned", "--at", f"{address}={{client_id}}", "-o", "out.apk"], ["inspect", "x.apk"],
            ["verify", "x.apk", "--signature-only"]]


def document(name, content, address=None):
    """A document at a place of a package."""
    return {"x.apk": apk([(f"assets/{name}", content)])}, at(f"assets/{name}#{address}" if address else f"assets/{name}")


@case
def zip_bomb_at_a_place(): return document("c.json", b'{"a":"' + b" " * (700 << 20) + b'"}', "/a")
@case
def zip_bomb_beside(): return {"x.apk": apk([("assets/zeros.bin", bytes(900 << 20))])}, at("string/client_id")[:2]
@case
def json_deep(): return document("c.json", b"[" * 5_000_000, "/a")
@case
def json_deep_objects(): return document("c.json", b'{"a":' * 2_000_000, "/a")
@case
def json_many_keys(): return document("c.json", b"{" + b",".join(b'"k%d":"v"' % i for i in range(400_000)) + b"}", "/**/k7")
@case
def json_same_keys(): return document("c.json", b'{"a":"x",' + b'"a":{"a":"y"},' * 300_000 + b'"b":1}', "/**/a")
@case
def xml_deep(): return document("c.xml", b"<a>" * 2_000_000, "/a/b")
@case
def xml_wide(): return document("c.xml", b"<a>" + b"<b/>" * 2_000_000 + b"</a>", "/a/b[1999999]")
@case
def xml_entities():
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i-1};" * 10}">' for i in range(1, 12))
    return document("c.xml", f'<!DOCTYPE a [<!ENTITY l0 "lol">{laughs}]><a><b>&l11;</b></a>'.encode(), "/a/b")
@case
def xml_attributes(): return document("c.xml", b"<a " + b" ".join(b"a%d=''" % i for i in range(300_000)) + b"/>", "/a/@a7")
@case
def plist_deep(): return document("c.plist", b'<?xml version="1.0"?><plist>' + b"<array>" * 1_000_000, "Key")
@case
def plist_entities(): return document("c.plist", b'<!DOCTYPE plist [<!ENTITY a "x">]><plist><dict><key>Key</key><string>&a;</string></dict></plist>', "Key")


def binary_plist(objects, top=0, width=4):
    out, offsets = b"bplist00", []
    for o in objects:
        offsets.append(len(out)); out += o
    table = len(out)
    out += b"".join(struct.pack(">I", o) for o in offsets)
    return out + bytes(6) + bytes([4, width]) + struct.pack(">QQQ", len(objects), top, table)


@case
def plist_binary_loop(): return document("c.plist", binary_plist([b"\xa2" + struct.pack(">II", 0, 0)]), "Key")
@case
def plist_binary_doubling(): return document("c.plist", binary_plist([b"\xa2" + struct.pack(">II", i + 1, i + 1) for i in range(60)] + [b"\x51a"]), "Key")
@case
def plist_binary_counts(): return document("c.plist", b"bplist00\xdf\x13" + struct.pack(">Q", 1 << 60) + bytes(6) + bytes([8, 8]) + struct.pack(">QQQ", 1 << 60, 0, 8), "Key")
@case
def js_parentheses(): return document("c.js", b"var NAME=" + b"(" * 2_000_000, "NAME")
@case
def js_braces(): return document("c.js", b"a={NAME:" * 1_000_000, "NAME")
@case
def js_templates(): return document("c.js", b"`${" * 1_000_000, "NAME")
@case
def js_ternaries(): return document("c.js", b"var a={NAME:" + b"c?'x':" * 500_000 + b"'y'};", "NAME")
@case
def js_references(): return document("c.js", b"var a0='x';" + b"".join(b"var a%d=a%d;" % (i, i - 1) for i in range(1, 100_000)) + b"b={NAME:a99999}", "NAME")
@case
def js_many(): return document("c.js", b"x={NAME:'a'};" * 200_000, "NAME")
@case
def js_slashes(): return document("c.js", b"a={NAME:'x'};" + b"/[" * 1_000_000, "NAME")
@case
def properties_continuation(): return document("c.properties", b"a=x\\\n" * 2_000_000, "a")
@case
def properties_many(): return document("c.properties", b"a=x\n" * 2_000_000, "a")
@case
def many_entries(): return {"x.apk": apk([(f"assets/{i}", b"") for i in range(65_000)])}, at("string/client_id")
@case
def long_names(): return {"x.apk": apk([("assets/" + f"{i:05}" * 12_000, b"") for i in range(300)])}, at("string/client_id")


@case
def nested_archives():
    inner = zipped([("c.json", b'{"a":"x"}')])
    for _ in range(40):
        inner = zipped([("a.zip", inner)])
    return {"x.apk": apk([("assets/a.zip", inner)])}, at("assets/a.zip!/a.zip!/c.json#/a") + [["scan", "x.apk"]]
@case
def nested_bombs():
    inner = zipped([(f"{i}.bin", bytes(60 << 20)) for i in range(4)])
    for _ in range(3):
        inner = zipped([(f"{i}.zip", inner) for i in range(16)])
    return {"x.apk": apk([("assets/a.zip", inner)])}, [["scan", "x.apk"], ["inspect", "x.apk"]]


def changed(name, change):
    """The demo package with another file for one of its own."""
    with zipfile.ZipFile(TESTDATA / "demo.apk") as z:
        content = bytearray(z.read(name))
    return {"x.apk": apk([(name, bytes(change(content)))], {name})}, at("string/client_id")


def word(offset, value):
    def change(content):
        struct.pack_into("<I", content, offset, value)
        return content
    return change


@case
def table_of_many_strings(): return changed("resources.arsc", word(20, 0xFFFFFFFF))
@case
def table_of_many_packages(): return changed("resources.arsc", word(8, 0xFFFFFFFF))
@case
def table_that_is_long(): return changed("resources.arsc", word(4, 0xFFFFFFFF))
@case
def table_filled(): return changed("resources.arsc", lambda c: c + bytes(200 << 20))
@case
def manifest_of_many_strings(): return changed("AndroidManifest.xml", word(16, 0x7FFFFFFF))


@case
def manifest_deep():
    def change(content):
        # The same element begun a million times.
        size = struct.unpack_from("<I", content, 12)[0]
        element = struct.pack("<HHIIIIIHHHHHH", 0x102, 16, 36, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0, 20, 20, 0, 0, 0, 0)
        out = content[:8 + size] + element * 1_000_000
        struct.pack_into("<I", out, 4, len(out))
        return out
    return changed("AndroidManifest.xml", change)


@case
def dex_of_many_strings():
    head = bytearray(b"dex\n039\0" + bytes(104))
    struct.pack_into("<IIIIII", head, 32, 112, 112, 0x12345678, 0, 0, 0)
    struct.pack_into("<II", head, 56, 0x7FFFFFFF, 112)
    return {"x.apk": apk([("classes.dex", bytes(head))], {"classes.dex"})}, at("dex/setClientId")


def executable(commands, size):
    return struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 2, commands, size, 0, 0) + bytes(4096)


def ipa(binary, plist=None):
    info = plist or (b'<?xml version="1.0"?><plist version="1.0"><dict><key>CFBundleIdentifier</key><string>com.example.demo</string>'
                     b"<key>CFBundleExecutable</key><string>App</string><key>CFBundlePackageType</key><string>APPL</string></dict></plist>")
    files = [("Payload/App.app/Info.plist", info), ("Payload/App.app/App", binary)]
    return {"x.ipa": zipped(files)}, [["x.ipa", "--env", "dev", "--ad-hoc", "--create", "--allow-new-signer", "--at", "Info.plist#Id={client_id}", "-o", "out.ipa"],
                                      ["inspect", "x.ipa"], ["verify", "x.ipa", "--signature-only"]]


@case
def macho_of_many_commands(): return ipa(executable(0xFFFFFFFF, 0xFFFFFFFF))
@case
def macho_of_empty_commands(): return ipa(executable(500, 4096))
@case
def macho_of_many_slices(): return ipa(struct.pack(">II", 0xCAFEBABE, 0xFFFFFFFF) + bytes(4096))
@case
def macho_of_same_slices():
    one = executable(0, 0)
    return ipa(struct.pack(">II", 0xCAFEBABE, 20) + b"".join(struct.pack(">IIIII", 0x0100000C, i, 512, len(one), 0) for i in range(20)) + bytes(512 - 408) + one)
@case
def info_deep(): return ipa(executable(0, 0), b'<?xml version="1.0"?><plist>' + b"<dict><key>a</key>" * 500_000)


def der(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(raw)]) + raw + content


@case
def keystore_deep():
    content = b""
    for _ in range(20_000):
        content = der(0x30, content)
    return {"x.apk": (TESTDATA / "demo.apk").read_bytes(), "k.p12": content, "p": b"password"}, [["x.apk", "--env", "dev", "--ks", "k.p12", "--ks-pass", "file:p", "-o", "o.apk"]]
@case
def keystore_of_many_rounds():
    # Every number of rounds in the demo keystore becomes the largest one of the same length.
    content = bytearray((TESTDATA / "keys/demo.p12").read_bytes())
    found = [i for i in range(len(content) - 4) if content[i:i + 2] == b"\x02\x02" and content[i + 2] < 0x80]
    for i in found:
        content[i + 2:i + 4] = b"\x7f\xff"
    return {"x.apk": (TESTDATA / "demo.apk").read_bytes(), "k.p12": bytes(content), "p": b"demo-password"}, [["x.apk", "--env", "dev", "--ks", "k.p12", "--ks-pass", "file:p", "-o", "o.apk"]]
@case
def keystore_jks():
    return {"x.apk": (TESTDATA / "demo.apk").read_bytes(), "k.jks": struct.pack(">III", 0xFEEDFEED, 2, 0x7FFFFFFF) + bytes(1 << 20), "p": b"password"}, [["x.apk", "--env", "dev", "--ks", "k.jks", "--ks-pass", "file:p", "-o", "o.apk"]]


def settings(text):
    return {"inject.toml": text, "x.apk": (TESTDATA / "demo.apk").read_bytes()}, [["env", "list"], ["doctor"], ["x.apk", "--env", "dev", "--dry-run"]]


@case
def settings_deep(): return settings(b"version = 1\na = " + b"[" * 2_000_000)
@case
def settings_deep_tables(): return settings(b"version = 1\n[" + b".".join([b"a"] * 500_000) + b"]\n")
@case
def settings_many(): return settings(b"version = 1\n" + b"".join(b"[env.e%d]\n" % i for i in range(20_000)))
@case
def settings_wrong_everywhere(): return settings(b"version = 1\n" + b"".join(b"k%d = 1\n" % i for i in range(50_000)))
@case
def settings_glob():
    return settings(b'version = 1\n[app.a]\nid = "a"\nartifacts = ["' + b"{a,b}" * 10_000 + b'*.apk"]\n[env.dev]\n')


def tree(files, runs):
    return {f"t/{name}": content for name, content in files.items()}, runs


@case
def tree_of_many_files(): return tree({f"{i % 200}/{i}.json": b'{"id":"x"}' for i in range(20_000)}, [["t", "--env", "dev", "--app", "a", "--at", "**/*.json#/id={client_id}", "--dry-run"], ["scan", "t"]])
@case
def tree_deep(): return tree({"/".join(["d" * 100] * 60) + "/c.json": b'{"id":"x"}'}, [["t", "--env", "dev", "--app", "a", "--at", "**/c.json#/id={client_id}", "--dry-run"], ["scan", "t"]])
@case
def tree_gzip_bomb():
    packed = zlib.compressobj(9, zlib.DEFLATED, 31)
    content = b"".join(packed.compress(bytes(1 << 20)) for _ in range(2048)) + packed.flush()
    return tree({"c.json": b'{"id":"x"}', "c.json.gz": content}, [["t", "--env", "dev", "--app", "a", "--at", "c.json#/id={client_id}"], ["scan", "t"]])
@case
def tree_metadata_bomb(): return tree({"sdapps.json": b'{"apps":[' + b'{"n":"N","properties":{"IntegratedSecurityObjClientID":"b"}},' * 200_000 + b'{"n":"M"}]}'}, [["t", "--env", "dev", "--app", "N", "--dry-run"], ["identify", "t"]])
@case
def receipt_deep(): return {"x.apk": (TESTDATA / "demo.apk").read_bytes(), "r.json": b"[" * 4_000_000}, [["register", "com.example.demo", "--env", "dev"], ["verify", "x.apk", "--env", "dev", "--receipt", "r.json"]]
@case
def backup_hostile(): return {"b": b"inject backup 1\n" + bytes(1 << 20), "p": b"passphrase of words"}, [["credential", "import", "b", "--pass", "file:p"]]
@case
def journal_deep(): return tree({"c.json": b"{}", ".inject-journal": b"[" * 2_000_000}, [["t", "--env", "dev", "--app", "a", "--at", "c.json#/id={client_id}", "--create"], ["inspect", "t"]])
@case
def scan_of_a_hole(): return {"hole": ("hole", 1 << 30)}, [["scan", "hole"]]
@case
def noise():
    random.seed(5)
    return {"x.apk": b"PK\x03\x04" + random.randbytes(32 << 20)}, [["inspect", "x.apk"], ["scan", "x.apk"]]
@case
def signing_block():
    # A block of a million empty pairs before the central directory of the demo package.
    content = (TESTDATA / "demo.apk").read_bytes()
    end = content.rindex(b"PK\5\6")
    start = struct.unpack_from("<I", content, end + 16)[0]
    pairs = struct.pack("<QI", 4, 0x7109871B) * 1_000_000
    size = len(pairs) + 24
    block = struct.pack("<Q", size) + pairs + struct.pack("<Q", size) + b"APK Sig Block 42"
    tail = bytearray(content[start:])
    struct.pack_into("<I", tail, end - start + 16, start + len(block))
    return {"x.apk": content[:start] + block + bytes(tail)}, at("string/client_id")


def main():
    only = set(sys.argv[1].split(",")) if len(sys.argv) > 1 else None
    failures = runs = 0
    print(f"{'input':28} {'bytes':>10}  {'run':34} {'exit':>4} {'CPU s':>6} {'MiB':>6}")
    for make in CASES:
        if only and make.__name__ not in only:
            continue
        shutil.rmtree(ROOT, ignore_errors=True)
        for folder in ("work", "h"):
            (ROOT / folder).mkdir(parents=True)
        files, commands = make()
        for name, content in files.items():
            path = ROOT / "work" / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, tuple):
                    with open(path, "wb") as file:
                        file.truncate(content[1])
                else:
                    path.write_bytes(content)
            except (OSError, RecursionError):
                # A path that is longer than the system takes at once.
                deep(ROOT / "work", name, content)
        size = sum(c[1] if isinstance(c, tuple) else len(c) for c in files.values())
        env = {"PATH": "/usr/bin:/bin", "HOME": str(ROOT / "h"), "INJECT_HOME": str(ROOT / "home"), "LC_ALL": "C.UTF-8"}
        for command in commands:
            runs += 1
            took = ROOT / "took"
            try:
                done = subprocess.run(["/usr/bin/time", "-q", "-o", took, "-f", "%U %S %M", INJECT, *command], cwd=ROOT / "work", env=env,
                                      stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
            except subprocess.TimeoutExpired:
                failures += 1
                print(f"{make.__name__:28} {size:10}  {' '.join(command)[:34]:34} FAIL no end within 300 s", flush=True)
                continue
            user, system, kilobytes = took.read_text().split()
            cpu, memory = float(user) + float(system), int(kilobytes) * 1024
            err = done.stderr.decode("utf8", "replace")
            bad = []
            if done.returncode not in range(0, 10): bad.append(f"exit {done.returncode}")
            if done.returncode == 1: bad.append("internal")
            if PANIC.search(err): bad.append("panic")
            if cpu > CPU: bad.append(f"more than {CPU:.0f} s")
            if memory > MEMORY: bad.append(f"more than {MEMORY >> 20} MiB")
            if len(err) > 1 << 20: bad.append(f"{len(err)} bytes of messages")
            failures += bool(bad)
            print(f"{make.__name__:28} {size:10}  {' '.join(command)[:34]:34} {done.returncode:4} {cpu:6.2f} {memory >> 20:6}"
                  + (f"  FAIL {', '.join(bad)}: {err[-200:]}" if bad else ""), flush=True)
    shutil.rmtree(ROOT, ignore_errors=True)
    print(f"{runs} runs, {failures} failures")
    sys.exit(1 if failures else 0)


def deep(folder, name, content):
    """A file at the end of a path that only goes folder by folder."""
    here = os.getcwd()
    os.chdir(folder)
    *parts, last = name.split("/")
    for part in parts:
        os.makedirs(part, exist_ok=True)
        os.chdir(part)
    Path(last).write_bytes(content)
    os.chdir(here)


main()
