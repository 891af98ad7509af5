import os, random, shutil, subprocess, sys, time, json, collections, threading
os.environ.setdefault("FAULTS_ROOT",os.path.join(__import__("tempfile").gettempdir(),"inject-races"))
import faults
from faults import *
P=8; ROUNDS=int(sys.argv[1]) if len(sys.argv)>1 else 30
W=faults.ROOT/"w"; stats=collections.Counter(); fails=[]
def fresh():
    shutil.rmtree(W,ignore_errors=True); (W/"work").mkdir(parents=True); (W/"h").mkdir()
def par(cmds,extra=None):
    ps=[subprocess.Popen([INJECT,*c],cwd=W/"work",env=env_of(W,extra),stdin=subprocess.DEVNULL,stdout=subprocess.PIPE,stderr=subprocess.PIPE) for c in cmds]
    out=[]
    for p in ps:
        o,e=p.communicate(timeout=120); out.append((p.returncode,o.decode(),e.decode("utf8","replace"))); stats["processes"]+=1
    return out
def bad(kind,rnd,x): fails.append((kind,rnd,str(x)[:400]))
sc=Scenario()
# 1 register, first of all
for r in range(ROUNDS):
    fresh(); res=par([["register",APP,"--env","dev","--json"]]*P); ids={json.loads(o)["client_id"] for c,o,e in res if c==0}
    if any(c!=0 for c,_,_ in res): bad("register rc",r,[x for x in res if x[0]])
    if len(ids)!=1: bad("register ids",r,ids)
    n=sum("NEW application" in e for _,_,e in res); stats[f"register said NEW x{n}"]+=1
    e=sc.entries(W)
    if e is None or len(e)!=1: bad("register entries",r,e)
    # Beside these three: the list of what was made here, and names of locks.
    home={k for k in snapshot(W/"home") if not k.startswith("locks/")}-{"databases"}
    if home!={"key","store.db","registry/dev.db"}: bad("register stray",r,home)
print("register",dict(stats),len(fails),flush=True)
# 2 register --force and rotate
for r in range(ROUNDS):
    fresh(); run(W,["register",APP,"--env","dev"]); i=sc.shown(W)[0]
    res=par([["register",APP,"--env","dev","--json"]+(["--force"] if k%2 else []) for k in range(4)]+[["credential","rotate","--app",APP,"--env","dev"]]*4)
    for c,o,e in res:
        stats[f"rotate-race rc {c}"]+=1
        if c not in (0,9): bad("rotate rc",r,(c,e))
    got=sc.shown(W)[0]
    if not got or got[0]!=i[0]: bad("rotate id",r,got)
    f=run(W,["register",APP,"--env","dev","--force"])
    if f[0]==9: stats["rotate-race: store and registry differ afterwards"]+=1; bad("rotate: all ended, store!=registry (dead secret)",r,[x[0] for x in res])
    elif f[0]!=0: bad("rotate after",r,f)
print("rotate",dict(stats),len(fails),flush=True)
# 2b two rotates only
for r in range(ROUNDS):
    fresh(); run(W,["register",APP,"--env","dev"])
    res=par([["credential","rotate","--app",APP,"--env","dev"]]*2)
    f=run(W,["register",APP,"--env","dev","--force"])
    if f[0]==9: stats["two rotates: differ afterwards"]+=1
    if f[0]==9: bad("two rotates: store and registry differ",r,[x[0] for x in res])
    stats["two rotates rounds"]+=1; stats[f"two rotates rcs {sorted(x[0] for x in res)}"]+=1
# 3 main job, one artifact, known
for r in range(ROUNDS):
    fresh(); run(W,["register",APP,"--env","dev"]); shutil.copy(TESTDATA/"demo.apk",W/"work/demo.apk")
    res=par([["demo.apk","--env","dev",*KS]]*P)
    for c,o,e in res:
        stats[f"job rc {c}"]+=1
        if c: bad("job rc",r,(c,e))
    if run(W,["verify","demo.apk","--env","dev"])[0]!=0: bad("job verify",r,"")
    if set(snapshot(W/"work"))!={"demo.apk"}: bad("job stray",r,set(snapshot(W/"work")))
print("job",dict(stats),len(fails),flush=True)
# 3b main job, one artifact, first of all
for r in range(ROUNDS):
    fresh(); shutil.copy(TESTDATA/"demo.apk",W/"work/demo.apk")
    res=par([["demo.apk","--env","dev",*KS]]*P)
    for c,o,e in res:
        stats[f"job-new rc {c}"]+=1
        if c: bad("job-new rc",r,(c,e))
    if run(W,["verify","demo.apk","--env","dev"])[0]!=0: bad("job-new verify",r,"")
    e=sc.entries(W)
    if e is None or len(e)!=1: bad("job-new entries",r,e)
# 4 two environments fight over one artifact: one of the two, whole
for r in range(ROUNDS):
    fresh(); shutil.copy(TESTDATA/"demo.apk",W/"work/demo.apk")
    for e in ("dev","prod"): run(W,["register",APP,"--env",e])
    res=par([["demo.apk","--env",("dev","prod")[k%2],*KS] for k in range(P)])
    v=[run(W,["verify","demo.apk","--env",e])[0] for e in ("dev","prod")]
    for c,o,e in res:
        stats[f"fight rc {c}"]+=1
        if c: stats["fight: "+e.strip().split("\n")[0].replace(str(W),"W")[:120]]+=1
    if sorted(v)!=[0,7]: bad("fight verify",r,(v,[(c,e[:120]) for c,_,e in res]))
    if set(snapshot(W/"work"))!={"demo.apk"}: bad("fight stray",r,set(snapshot(W/"work")))
print("fight",dict(stats),len(fails),flush=True)
# 5 main job without --env while the active environment flips
for r in range(ROUNDS):
    fresh(); shutil.copy(TESTDATA/"demo.apk",W/"work/demo.apk"); (W/"work/inject.toml").write_text("version = 1\n[env.dev]\n[env.prod]\n")
    for e in ("dev","prod"): run(W,["register",APP,"--env",e])
    run(W,["env","use","dev"])
    res=par([["demo.apk",*KS]]*4+[["env","use",("dev","prod")[k%2]] for k in range(4)])
    v=[run(W,["verify","demo.apk","--env",e])[0] for e in ("dev","prod")]
    for c,o,e in res:
        stats[f"flip rc {c}"]+=1
        if c: bad("flip rc",r,(c,e))
    if sorted(v)!=[0,7]: bad("flip verify",r,v)
# 6 tree, known and with two environments
for r in range(ROUNDS):
    fresh(); metadata(W/"work/gxmetadata")
    for e in ("dev","prod"): run(W,["register","Notes","--env",e])
    res=par([["gxmetadata","--env",("dev","prod")[k%2]] for k in range(P)])
    v=[run(W,["verify","gxmetadata","--env",e])[0] for e in ("dev","prod")]
    for c,o,e in res:
        stats[f"tree rc {c}"]+=1
        if c: stats["tree: "+e.strip().split("\n")[0].replace(str(W),"W")[:120]]+=1
    if sorted(v)!=[0,7]: bad("tree verify",r,(v,[(c,e[:200]) for c,_,e in res]))
    if any(k.split("/")[-1].startswith(".") for k in snapshot(W/"work")): bad("tree stray",r,set(snapshot(W/"work")))
print("tree",dict(stats),len(fails),flush=True)
# 7 import / set / forget / list at once
for r in range(ROUNDS):
    fresh(); im=Import(); im.prepare(W)
    res=par([["credential","import","b.backup","--pass","env:P","--replace"]]*3+[["register",f"com.example.a{k}","--env","dev"] for k in range(3)]+[["credential","list"]]*2)
    for c,o,e in res:
        stats[f"import rc {c}"]+=1
        if c not in (0,): stats["import: "+e.strip().split("\n")[0].replace(str(W),"W")[:140]]+=1
    l=run(W,["credential","list","--json"])
    if l[0]!=0: bad("import list",r,l)
print(dict(stats)); print(len(fails),"failures",collections.Counter(f[0] for f in fails))
for f in fails[:30]: print("FAIL",*f,sep=" | ")
sys.exit(1 if fails else 0)
