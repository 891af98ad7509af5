import os, random, shutil, signal, subprocess, sys, time, json, collections
sys.argv=[sys.argv[0]]+sys.argv[1:]
os.environ.setdefault("FAULTS_ROOT",os.path.join(__import__("tempfile").gettempdir(),"inject-kills"))
import faults
from faults import *
N=int(sys.argv[1]) if len(sys.argv)>1 else 75
random.seed(11)
class Big(ApkKnown):
    name="apk-big"; artifact="y.apk"; app=None
    args=["y.apk","--env","dev",*KS,"--allow-new-signer","--create"]
    def prepare(self,w):
        shutil.copy(os.environ["BIGAPK"],w/"work/y.apk")
        r=run(w,["inspect","y.apk","--json"]); 
        r=run(w,["y.apk","--env","dev",*KS,"--allow-new-signer","--create","-o","x.apk"]); assert r[0]==0,r
        os.unlink(w/"work/x.apk"); l=json.loads(run(w,["credential","list","--json"])[1])["credentials"]; self.app=l[0]["application"]
S=[ApkKnown(),Big(),Tree(),Register(),Rotate(),Import(),ApkNew()]
h=faults.Harness(type("O",(),{"syscall":None,"fault":None,"cap":0})())
faults.ROOT.mkdir(parents=True,exist_ok=True)
stats=collections.Counter(); fails=[]
for s in S:
    t=h.template(s); original=snapshot(t/"work"); w=h.fresh(t); b=time.time(); rc,o,e=run(w,s.args,extra=s.extra); took=time.time()-b; assert rc==0,(s.name,e)
    finished=snapshot(w/"work"); run(w,s.args); sw,sh=set(snapshot(w/"work")),set(snapshot(w/"home"))
    before=s.shown(w)[0] if s.keeps else None
    for i in range(N):
        w=h.fresh(t); p=subprocess.Popen([INJECT,*s.args],cwd=w/"work",env=env_of(w,s.extra),stdin=subprocess.DEVNULL,stdout=subprocess.DEVNULL,stderr=subprocess.PIPE)
        time.sleep(random.random()*took*1.05); run_=p.poll() is None; p.kill(); err=p.communicate()[1].decode("utf8","replace")
        stats[s.name+" kills"]+=1; stats[s.name+" still running"]+=run_
        rc=p.returncode
        say=lambda k,x: fails.append((s.name,i,k,str(x)[:300]))
        now=snapshot(w/"work")
        if s.artifact:
            keys=[k for k in set(original)|set(finished) if k==s.artifact or k.startswith(s.artifact+"/")]
            old=all(now.get(k)==original.get(k) for k in keys); new=all(now.get(k)==finished.get(k) for k in keys)
            if not s.keeps: new=not old and run(w,["verify",s.artifact,"--env","dev"])[0]==0
            stats[s.name+(" original" if old else " finished" if new else " HALF")]+=1
            if not(old or new):
                if any(k.endswith(".inject-journal") for k in now): stats[s.name+" journal"]+=1
                else: say("half","")
        strays=[k for k in now if k not in sw]; stats[s.name+" strays after kill"]+=bool(strays)
        if before and s.shown(w)[0]!=before: say("credential changed",s.shown(w))
        if run(w,["credential","list"])[0]!=0: say("store",run(w,["credential","list"]))
        s.check(w,rc if rc is not None else -9,"" if rc else '{"client_id":""}',err,say) if not isinstance(s,Register) else None
        r=run(w,s.args,extra=s.extra)
        if r[0] not in s.again_codes: say("next",r)
        if isinstance(s,(Register,ApkNew)):
            e=s.entries(w)
            if e is None or len(e)!=1: say("registrations",e)
        # Names of locks stay, and depend on the key.
        stray={k for k in (set(snapshot(w/"work"))-sw)|(set(snapshot(w/"home"))-sh) if not k.startswith("locks/")}
        if stray: say("stray",stray)
        if s.artifact and s.keeps:
            end=snapshot(w/"work")
            if any(end.get(k)!=finished[k] for k in keys): say("next differs","")
    print(s.name,f"{took:.3f}s",{k:v for k,v in stats.items() if k.startswith(s.name+" ")},flush=True)
print(sum(v for k,v in stats.items() if k.endswith(" kills")),"kills",len(fails),"failures",collections.Counter((f[0],f[2]) for f in fails))
for f in fails[:40]: print("FAIL",*f,sep=" | ")
sys.exit(1 if fails else 0)
