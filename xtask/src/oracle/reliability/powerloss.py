#!/usr/bin/env python3
"""Power that goes away at any moment: what a run writes is recorded with strace and replayed up to every call.

  INJECT=/path/to/inject TESTDATA=/path/to/testdata python3 powerloss.py [SCENARIO,...] [EVERY]

What a disk holds after a power loss is what was synced, and any part of the rest. For each prefix of the recorded calls four
disks are made:

  all     everything written so far
  synced  contents as of the last sync of each file, names as of the last sync of each folder
  names   all names, but contents as of the last sync: a file that was renamed into its place and never synced is empty
  data    all contents, but names as of the last sync of each folder

On each disk: the artifact is the original or the finished one, or a journal finishes it; the store opens; what was printed is
there, and after the last call everything is; the next run ends well, registers nothing twice and leaves nothing over. Prints
totals and failures; exit status 1 where there are failures.
"""
import collections, hashlib, os, re, shutil, subprocess, sys, tempfile, time
from pathlib import Path

os.environ.setdefault("FAULTS_ROOT", os.path.join(tempfile.gettempdir(), "inject-powerloss"))
import faults
from faults import (ApkKnown, ApkNew, ApkReceipt, EnvAdd, EnvUse, Export, Import, ImportNew, INJECT, Register, Revoke, Rotate, Set,
                    Tree, TreeNew, env_of, run, snapshot)

CALLS = ("open,openat,creat,close,dup,dup2,dup3,fcntl,read,pread64,readv,write,pwrite64,writev,pwritev,ftruncate,truncate,fallocate,"
         "lseek,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,symlink,symlinkat,fsync,fdatasync,sync,"
         "syncfs,copy_file_range,sendfile,ioctl,mmap,chdir,clone,clone3,fork,vfork")
DISKS = ("all", "synced", "names", "data")
ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


class Inode:
    def __init__(self, data=b"", durable=None, folder=False):
        self.data = bytearray(data)
        # Contents as of the last sync.
        self.durable = durable
        self.folder = folder
        # Of a folder: names now, and as of its last sync.
        self.names = {}
        self.kept = {}


class Disk:
    """A folder as the kernel has it and as a disk is sure to have it."""

    def __init__(self, root):
        self.root = str(root)
        self.top = Inode(folder=True)
        for path, dirs, files in os.walk(root):
            node = self.node(path)
            for name in dirs:
                node.names[name] = Inode(folder=True)
            for name in files:
                full = os.path.join(path, name)
                data = open(full, "rb").read()
                node.names[name] = Inode(data, bytes(data))
            node.kept = dict(node.names)

    def inside(self, path):
        return path == self.root or path.startswith(self.root + "/")

    def node(self, path, table="names"):
        node = self.top
        for part in [p for p in path[len(self.root):].split("/") if p]:
            node = getattr(node, table).get(part) if node and node.folder else None
        return node

    def parent(self, path):
        return self.node(os.path.dirname(path)), os.path.basename(path)

    def files(self, kind):
        """Every file of a disk of this kind, and every folder (None)."""
        out = {}
        def walk(node, path):
            for name, child in (node.names if kind in ("all", "names") else node.kept).items():
                below = f"{path}/{name}" if path else name
                if child.folder:
                    out[below] = None
                    walk(child, below)
                else:
                    out[below] = bytes(child.data) if kind in ("all", "data") else (child.durable or b"")
        walk(self.top, "")
        return out


class Description:
    """An open file."""
    def __init__(self, inode, path, append=False):
        self.inode, self.path, self.append, self.at = inode, path, append, 0


def text(arg):
    """A string argument."""
    m = re.match(rb'^"((?:[^"\\]|\\.)*)"(\.\.\.)?$', arg.strip(), re.S)
    if not m or m.group(2):
        raise ValueError(f"cut off or no string: {arg[:80]!r}")
    return ESCAPED.sub(lambda x: bytes([int(x.group(1), 16)]), m.group(1))


def split(args):
    """The arguments of a call: commas within strings and brackets divide nothing."""
    out, depth, at, quoted = [], 0, 0, False
    for i, c in enumerate(args):
        c = chr(c)
        if c == '"':
            quoted = not quoted
        elif not quoted and c in "[{(":
            depth += 1
        elif not quoted and c in "]})":
            depth -= 1
        elif not quoted and depth == 0 and c == ",":
            out.append(args[at:i].strip()); at = i + 1
    out.append(args[at:].strip())
    return out


def calls(log):
    """The calls that succeeded, as they ended: process, name, arguments, result."""
    begun = {}
    line_of = re.compile(rb"^(\d+)\s+(.*)$", re.S)
    for line in log.read_bytes().split(b"\n"):
        m = line_of.match(line)
        if not m:
            continue
        pid, rest = m.groups()
        if rest.endswith(b"<unfinished ...>"):
            begun[pid] = rest[:-len(b"<unfinished ...>")].rstrip()
            continue
        resumed = re.match(rb"^<\.\.\. \w+ resumed>(.*)$", rest, re.S)
        if resumed:
            rest = begun.pop(pid, b"") + resumed.group(1)
        call = re.match(rb"^(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+|\?)(.*)$", rest, re.S)
        if not call:
            continue
        name, args, result, _ = call.groups()
        if result == b"?" or result.startswith(b"-"):
            continue
        yield int(pid), name.decode(), split(args), int(result, 0)


class Replay:
    """Applies recorded calls to a disk."""

    def __init__(self, disk, cwd, main):
        self.disk, self.cwd, self.main = disk, str(cwd), main
        self.open = {}
        self.threads = {main}
        self.said = b""

    def path(self, dirfd, arg):
        raw = text(arg).decode("utf8", "surrogateescape")
        if raw.startswith("/proc/self/fd/"):
            return int(raw.rsplit("/", 1)[1])
        if not raw.startswith("/"):
            base = self.cwd if dirfd in (None, b"AT_FDCWD") else self.open[int(dirfd)].path
            raw = os.path.join(base, raw)
        return os.path.normpath(raw)

    def put(self, inode, at, data):
        if len(inode.data) < at:
            inode.data.extend(bytes(at - len(inode.data)))
        inode.data[at:at + len(data)] = data

    def apply(self, pid, name, args, result):
        """Whether the disk may have changed."""
        if name in ("clone", "clone3", "fork", "vfork"):
            # Threads share the table of open files; what a child process writes is not of interest here.
            if b"CLONE_FILES" in b" ".join(args):
                self.threads.add(result)
            return False
        if pid not in self.threads:
            return False
        if name in ("open", "openat", "creat"):
            dirfd, rest = (None, args) if name != "openat" else (args[0], args[1:])
            path, flags = self.path(dirfd, rest[0]), (rest[1] if len(rest) > 1 else b"")
            if not isinstance(path, str) or not self.disk.inside(path):
                self.open[result] = Description(None, path)
                return False
            if b"O_TMPFILE" in flags:
                self.open[result] = Description(Inode(), path)
                return False
            parent, last = self.disk.parent(path)
            node, changed = self.disk.node(path), False
            if node is None and b"O_CREAT" in flags:
                node = parent.names[last] = Inode()
                changed = True
            if b"O_TRUNC" in flags and node and not node.folder and node.data:
                node.data = bytearray()
                changed = True
            self.open[result] = Description(node, path, b"O_APPEND" in flags)
            return changed
        if name == "close":
            self.open.pop(int(args[0]), None)
            return False
        if name in ("dup", "dup2", "dup3") or name == "fcntl" and b"F_DUPFD" in args[1]:
            if int(args[0]) in self.open:
                self.open[result] = self.open[int(args[0])]
            return False
        if name == "chdir":
            self.cwd = self.path(None, args[0])
            return False
        if name in ("rename", "renameat", "renameat2", "link", "linkat"):
            if name in ("rename", "link"):
                old, new = self.path(None, args[0]), self.path(None, args[1])
            else:
                old, new = self.path(args[0], args[1]), self.path(args[2], args[3])
            if not self.disk.inside(new):
                assert not (isinstance(old, str) and self.disk.inside(old)), (old, new)
                return False
            node = self.open[old].inode if isinstance(old, int) else self.disk.node(old)
            assert node is not None, (name, old, new)
            parent, last = self.disk.parent(new)
            if name.startswith("rename"):
                assert b"RENAME_EXCHANGE" not in args[-1], args
                source, before = self.disk.parent(old)
                del source.names[before]
            parent.names[last] = node
            return True
        if name in ("unlink", "unlinkat", "rmdir"):
            path = self.path(*((args[0], args[1]) if name == "unlinkat" else (None, args[0])))
            if not self.disk.inside(path):
                return False
            parent, last = self.disk.parent(path)
            del parent.names[last]
            return True
        if name in ("mkdir", "mkdirat"):
            path = self.path(*((args[0], args[1]) if name == "mkdirat" else (None, args[0])))
            if not self.disk.inside(path):
                return False
            parent, last = self.disk.parent(path)
            parent.names[last] = Inode(folder=True)
            return True
        if name in ("symlink", "symlinkat", "truncate", "sync", "syncfs"):
            raise ValueError(f"{name} is not replayed")
        if name == "mmap":
            file = self.open.get(int(args[4])) if re.match(rb"^\d+$", args[4]) else None
            shared = b"MAP_SHARED" in args[3] and b"PROT_WRITE" in args[2]
            assert not shared or file is None or file.inode is None, "what is written through memory is not seen"
            return False
        if not args or not re.match(rb"^\d+$", args[0]):
            return False
        fd = int(args[0])
        if name in ("copy_file_range", "sendfile"):
            # copy_file_range(in, off, out, off, len), sendfile(out, in, off, len)
            source, target = (fd, int(args[2])) if name == "copy_file_range" else (int(args[1]), fd)
            from_, to = self.open.get(source), self.open.get(target)
            for off in ((args[1], args[3]) if name == "copy_file_range" else (args[2],)):
                assert off == b"NULL", (name, args)
            if to is None or to.inode is None:
                if from_ is not None:
                    from_.at += result
                return False
            assert from_ is not None and from_.inode is not None, "copied from outside"
            self.put(to.inode, to.at, bytes(from_.inode.data[from_.at:from_.at + result]))
            from_.at += result; to.at += result
            return True
        if fd == 1 and fd not in self.open:
            if name == "write":
                self.said += text(args[1])
            return False
        file = self.open.get(fd)
        if file is None or file.inode is None:
            return False
        inode = file.inode
        if name in ("read", "readv"):
            file.at += result
        elif name == "lseek":
            file.at = result
        elif name == "write":
            at = len(inode.data) if file.append else file.at
            self.put(inode, at, text(args[1])[:result])
            file.at = at + result
            return True
        elif name == "pwrite64":
            self.put(inode, int(args[3]), text(args[1])[:result])
            return True
        elif name in ("writev", "pwritev"):
            data = b"".join(text(part) for part in re.findall(rb'iov_base=("(?:[^"\\]|\\.)*")', args[1]))
            at = int(args[3]) if name == "pwritev" else len(inode.data) if file.append else file.at
            self.put(inode, at, data[:result])
            if name == "writev":
                file.at = at + result
            return True
        elif name == "ftruncate":
            size = int(args[1])
            inode.data = inode.data[:size] + bytes(max(0, size - len(inode.data)))
            return True
        elif name == "fallocate":
            assert args[1] in (b"0", b"FALLOC_FL_KEEP_SIZE"), args
            if args[1] == b"0":
                size = int(args[2]) + int(args[3])
                inode.data += bytes(max(0, size - len(inode.data)))
            return True
        elif name in ("fsync", "fdatasync"):
            if inode.folder:
                inode.kept = dict(inode.names)
            else:
                inode.durable = bytes(inode.data)
            return True
        elif name == "ioctl":
            assert b"FICLONE" not in args[1], "a reflink: record on a file system without them"
        return False


def write_out(root, files):
    """Puts these files where the world was."""
    shutil.rmtree(root)
    root.mkdir()
    for path, data in files.items():
        full = root / path
        if data is None:
            full.mkdir(parents=True, exist_ok=True)
        else:
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_bytes(data)
            os.chmod(full, 0o600)
    for folder in ("work", "home", "h"):
        (root / folder).mkdir(exist_ok=True)
    os.chmod(root / "home", 0o700)


def main():
    only = set(sys.argv[1].split(",")) if len(sys.argv) > 1 and sys.argv[1] != "all" else None
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    faults.ROOT.mkdir(parents=True, exist_ok=True)
    harness = faults.Harness(type("O", (), {"syscall": None, "fault": None, "cap": 0})())
    failures, totals = [], collections.Counter()
    for s in (ApkKnown(), ApkNew(), ApkReceipt(), Tree(), TreeNew(), Register(), Rotate(), Revoke(), Set(), Import(), ImportNew(),
              Export(), EnvUse(), EnvAdd()):
        if only is not None and s.name not in only:
            continue
        began = time.time()
        template = harness.template(s)
        world = harness.fresh(template)
        original = snapshot(world / "work")
        disk = Disk(world)
        log = faults.ROOT / "writes.log"
        done = subprocess.run(["strace", "-f", "-xx", "-s", "100000000", "-o", str(log), "-e", f"trace={CALLS}", INJECT, *s.args],
                              cwd=world / "work", env=env_of(world, s.extra), stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == 0, (s.name, done.stderr)
        finished = snapshot(world / "work")
        # The replay of everything is what is there.
        recorded = list(calls(log))
        replay = Replay(disk, world / "work", recorded[0][0])
        real = {str(p.relative_to(world)): p.read_bytes() for p in world.rglob("*") if p.is_file()}
        settled_run = run(world, s.args, extra=s.extra)
        assert settled_run[0] in s.again_codes, (s.name, settled_run)
        settled = {k for k in snapshot(world)}
        seen, made, changes = set(), 0, 0
        for call in recorded:
            if not replay.apply(*call) and not (call[1] == "write" and call[2][0] == b"1"):
                continue
            changes += 1
            if changes % every:
                continue
            for kind in DISKS:
                files = disk.files(kind)
                key = hashlib.sha256(repr((sorted(files.items(), key=lambda x: x[0]), replay.said)).encode()).digest()
                if key in seen:
                    continue
                seen.add(key)
                made += 1
                write_out(world, files)
                check(s, world, (kind, changes, call[1]), 0 if replay.said else -9, original, finished, settled, replay.said, failures)
        # The run has ended with 0: whatever the disk, what it did is there.
        for kind in DISKS:
            made += 1
            write_out(world, disk.files(kind))
            check(s, world, (kind, "at the end"), 0, original, finished, settled, replay.said, failures)
        end = {k: v for k, v in disk.files("all").items() if v is not None}
        if end != real:
            failures.append((s.name, "replay", "differs", str([k for k in set(end) | set(real) if end.get(k) != real.get(k)])))
        totals["disks"] += made
        totals["calls"] += changes
        print(f"{s.name}: {changes} calls that write, {made} disks, "
              f"{sum(1 for f in failures if f[0] == s.name)} failures, {time.time() - began:.0f} s", flush=True)
    print(dict(totals), len(failures), "failures", dict(collections.Counter((f[0], f[2]) for f in failures)))
    for failure in failures[:60]:
        print("FAIL", *failure, sep=" | ")
    sys.exit(1 if failures else 0)


def check(s, world, where, rc, original, finished, settled, said, failures):
    """`rc`: how the run ended; who printed its result has ended well, and -9 is none."""
    say = lambda kind, text: failures.append((s.name, where, kind, str(text)[:300]))
    now = snapshot(world / "work")
    keys = []
    if s.artifact:
        keys = [k for k in set(original) | set(finished) if k == s.artifact or k.startswith(s.artifact + "/")]
        old = all(now.get(k) == original.get(k) for k in keys)
        new = all(now.get(k) == finished.get(k) for k in keys)
        if not (old or new) and not any(k.endswith(".inject-journal") for k in now):
            say("half", [k for k in keys if now.get(k) not in (original.get(k), finished.get(k))])
        if rc == 0 and not new and not any(k.endswith(".inject-journal") for k in now):
            say("done-but-old", "")
    if s.keeps:
        listed = run(world, ["credential", "list"])
        if listed[0] != 0:
            say("store", listed)
    s.check(world, rc, said.decode("utf8", "replace"), "", say)
    r = run(world, s.args, extra=s.extra)
    if r[0] not in s.again_codes:
        say("next", r)
    if isinstance(s, (Register, ApkNew, TreeNew)):
        e = s.entries(world)
        if e is None or len(e) != 1:
            say("registrations", e)
    stray = {k for k in set(snapshot(world)) - settled if "/locks/" not in k}
    if stray:
        say("stray", stray)
    if s.artifact and s.keeps:
        end = snapshot(world / "work")
        if any(end.get(k) != finished.get(k) for k in keys):
            say("next differs", [k for k in keys if end.get(k) != finished.get(k)])


main()
