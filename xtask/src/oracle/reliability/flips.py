"""Damaged databases: `flips.py truncate|random|content|registry-content SEED [COUNT or STEP]`. Needs oauth.py beside it."""
import json, os, random, shutil, subprocess, sys, collections, urllib.request, sqlite3
from pathlib import Path
I=os.path.abspath(os.environ.get("INJECT","target/release/inject")); R=Path(__import__("tempfile").gettempdir())/"inject-flips"; W=R/"w"
TOML='''version = 1
[env.dev]
[env.solo]
registry = "embedded:solo"
[env.pub]
secret = "omit"
[env.auth]
registry = "oauth"
url = "http://127.0.0.1:18901"
'''
def run(*a,extra=None,stdin=b""):
    e={"PATH":"/usr/bin:/bin","HOME":str(W/"h"),"INJECT_HOME":str(W/"home"),"S":"only copy of this secret","NO_COLOR":"1"}
    e.update(extra or {})
    p=subprocess.run([I,*a],cwd=W/"work",env=e,stdin=subprocess.DEVNULL,capture_output=True,timeout=60)
    return p.returncode,p.stdout.decode("utf8","replace"),p.stderr.decode("utf8","replace")
CASES=[("com.example.one","dev"),("com.example.two","dev"),("com.solo","solo"),("com.pub","pub"),("com.auth","auth"),("com.example.one","auth")]
def count(): return json.load(urllib.request.urlopen("http://127.0.0.1:18901/count"))["n"]
def setup():
    shutil.rmtree(R,ignore_errors=True); (W/"work").mkdir(parents=True); (W/"h").mkdir()
    (W/"work/inject.toml").write_text(TOML)
    for a,e in CASES:
        if e=="solo":
            r=run("credential","set","--app",a,"--env",e,"--client-id","the-only-id","--secret","env:S")
        else: r=run("register",a,"--env",e)
        assert r[0]==0,r
    assert run("env","use","dev")[0]==0
    shutil.copytree(W,R/"t")
def truth():
    t={}
    for a,e in CASES:
        r=run("credential","show","--app",a,"--env",e,"--reveal","--json"); j=json.loads(r[1]); t[a,e]=(j["client_id"],j.get("client_secret"))
    return t
def fresh():
    shutil.rmtree(W,ignore_errors=True); shutil.copytree(R/"t",W)
stat=collections.Counter(); fails=[]; msgs=collections.Counter()
def judge(label,T,cases=CASES):
    """After a damage: each answer is the truth or an error; nothing new is registered."""
    n0=count(); any_err=False
    for a,e in cases:
        r=run("register",a,"--env",e,"--json")
        stat["register runs"]+=1
        if "panicked" in r[2] or r[0] in (1,101,134,-6,-11): fails.append((label,a,e,"panic/internal",r[0],r[2][:300]))
        if r[0]!=0:
            any_err=True; stat["error"]+=1; msgs[r[2].split("\n")[0][:150].replace(str(W),"W")]+=1
            if not r[2].strip(): fails.append((label,a,e,"no message",r[0],""))
            continue
        j=json.loads(r[1]); s=run("credential","show","--app",a,"--env",e,"--reveal","--json")
        if s[0]!=0: stat["register ok, show fails"]+=1; continue
        k=json.loads(s[1]); got=(k["client_id"],k.get("client_secret"))
        if j["origin"]=="registered": fails.append((label,a,e,"NEW REGISTRATION",r[0],f"{T[a,e][0]} -> {got[0]}"))
        elif got!=T[a,e]: fails.append((label,a,e,"OTHER CREDENTIAL",r[0],f"{T[a,e][0]} -> {got[0]} secret {'same' if got[1]==T[a,e][1] else 'differs'} origin {j['origin']}"))
        else: stat["right"]+=1
    if count()!=n0: stat["oauth registrations made"]+=count()-n0
    return any_err
def main():
    mode=sys.argv[1]; random.seed(int(sys.argv[2]) if len(sys.argv)>2 else 1)
    setup(); T=truth(); 
    files={"store":"home/store.db","registry":"home/registry/dev.db","key":"home/key","solo":"home/store.db"}
    if mode=="truncate":
        for f in ("home/store.db","home/registry/dev.db"):
            size=(R/"t"/f).stat().st_size
            for cut in sorted(set(list(range(0,size,4096))+list(range(512,size,4096))+[1,99,100,size-1])):
                fresh(); p=W/f; b=p.read_bytes(); p.write_bytes(b[:cut]); os.chmod(p,0o600)
                e=judge(f"truncate {f} at {cut}",T); stat[f"truncations {f}"]+=1; stat["truncations noticed"]+=e
                if f.endswith("dev.db"):
                    fresh(); [run("credential","forget","--app",a,"--env",e2) for a,e2 in CASES if e2=="dev"]; p=W/f; p.write_bytes(b[:cut]); os.chmod(p,0o600)
                    judge(f"truncate {f} at {cut}, store has forgotten",T,[c for c in CASES if c[1]=="dev"]); stat["truncations forgotten"]+=1
    elif mode=="random":
        for f in ("home/store.db","home/registry/dev.db","home/key"):
            for i in range(int(sys.argv[3])):
                fresh(); p=W/f; b=bytearray(p.read_bytes()); n=random.randrange(len(b)*8); b[n//8]^=1<<(n%8); p.write_bytes(b)
                e=judge(f"flip {f} bit {n}",T); stat[f"flips {f}"]+=1; stat[f"noticed {f}"]+=e
    elif mode=="content":
        # every byte that is not zero (cells, headers, indices), one bit each, in the store
        f="home/store.db"; b0=(R/"t"/f).read_bytes(); where=[i for i,x in enumerate(b0) if x]
        step=int(sys.argv[3]) if len(sys.argv)>3 else 1
        for i in where[::step]:
            fresh(); p=W/f; b=bytearray(b0); b[i]^=1<<random.randrange(8); p.write_bytes(b); stat["flips content store"]+=1
            judge(f"flip {f} byte {i}",T)
    elif mode=="registry-content":
        f="home/registry/dev.db"; b0=(R/"t"/f).read_bytes(); where=[i for i,x in enumerate(b0) if x]
        step=int(sys.argv[3]) if len(sys.argv)>3 else 1
        # the other machine: the store has forgotten
        fresh(); [run("credential","forget","--app",a,"--env",e2) for a,e2 in CASES if e2=="dev"]; shutil.rmtree(R/"t2",ignore_errors=True); shutil.copytree(W,R/"t2")
        for i in where[::step]:
            shutil.rmtree(W); shutil.copytree(R/"t2",W); p=W/f; b=bytearray(b0); b[i]^=1<<random.randrange(8); p.write_bytes(b); stat["flips content registry, store forgot"]+=1
            judge(f"flip {f} byte {i}, store forgot",T,[c for c in CASES if c[1]=="dev"])
    print(dict(stat)); 
    for k,v in msgs.most_common(25): print(f"  {v:5} {k}")
    print(len(fails),"failures"); c=collections.Counter((x[3],x[2]) for x in fails); print(c)
    for x in fails[:60]: print("FAIL",*x,sep=" | ")
    json.dump(fails,open(R/f"flips-{mode}.json","w"),indent=1)
    return 1 if fails else 0
sys.exit(main())
