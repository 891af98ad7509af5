import base64, os, re, shutil, subprocess, sys, json, collections, zlib, zipfile, io, gzip, stat as st, urllib.parse
from pathlib import Path
I=os.path.abspath(os.environ.get("INJECT","target/release/inject")); R=Path(__import__("tempfile").gettempdir())/"inject-canary"; shutil.rmtree(R,ignore_errors=True); R.mkdir(); W=R/"w"; L=R/"logs"; L.mkdir()
TD=os.path.abspath(os.environ.get("TESTDATA","testdata"))
CAN={"secret":"CnrySecretDev-4f1a9e77b2","secret2":"CnrySecretPrd-8810aa55fe","ksw":"CnryKsWrong-99ab12cd","pass":"CnryPassphrase of words 71","tok":"CnryToken-0123456789abcdef77","tok2":"CnryExecTok-77aa","dburl":"CnryDbPw-55ee11","dbkey":"c0ffee11c0ffee22c0ffee33c0ffee44c0ffee55c0ffee66c0ffee77c0ffee88","fixed":"CnryFixed-1212aabb99"}
KSPW=open(TD+"/keys/demo.password").read().strip()
def forms(t):
    b=t.encode(); out={"raw":b,"hex":b.hex().encode(),"HEX":b.hex().upper().encode(),"utf16le":t.encode("utf-16le"),"utf16be":t.encode("utf-16be"),"reversed":b[::-1],"url":urllib.parse.quote(t,safe="").encode(),"debug":", ".join(str(x) for x in b[:8]).encode()}
    for k in range(3):
        e=base64.b64encode(b"\0"*k+b); cut=e[(0,2,3)[k]:]; cut=cut.rstrip(b"=")[:-1]
        out[f"b64_{k}"]=cut; out[f"b64u_{k}"]=cut.replace(b"+",b"-").replace(b"/",b"_")
    out["cut"]=b[:-4]
    return {k:v for k,v in out.items() if len(v)>=8}
PAT={(n,f):v for n,t in list(CAN.items())+[("kspw",KSPW)] for f,v in forms(t).items()}
def hits(data): return sorted({f"{n}/{f}" for (n,f),v in PAT.items() if v in data})
key=open(os.environ.get("IDENTITY","identity")+"/dev.key","rb").read() if os.path.exists(os.environ.get("IDENTITY","identity")+"/dev.key") else b""
PEM=[l for l in key.splitlines() if len(l)==64][2:6]
stats=collections.Counter(); fails=[]
ENV={"PATH":f"{R}/bin:/usr/bin:/bin","HOME":str(R/"h"),"INJECT_HOME":str(R/"home"),"S1":CAN["secret"],"S2":CAN["secret2"],"KW":CAN["ksw"],"PASS":CAN["pass"],"TOK":CAN["tok"],"TOK2":CAN["tok2"],"DBURL":f"postgres://u:{CAN['dburl']}@127.0.0.1:1/db","DBKEY":CAN["dbkey"],"FIX":CAN["fixed"],"KSP":KSPW,"P12":"pw"}
(R/"bin").mkdir(); (R/"h").mkdir(); W.mkdir()
# children see: recorded by themselves and by strace
(R/"bin/reg").write_text('''#!/usr/bin/python3
import sys,json,os
q=sys.stdin.read()
open("%s/children","ab").write(("ARGV "+repr(sys.argv)+"\\n").encode())
d=json.loads(q) if q.strip() else {}
if "fail" in sys.argv: sys.stderr.write("I was given "+str(d.get("client_secret"))+" and "+q); sys.exit(3)
print(json.dumps({"client_id":"exec-id","client_secret":"%s"}))
'''%(R,CAN["tok2"])); os.chmod(R/"bin/reg",0o755)
(W/"inject.toml").write_text(f'''version = 1
[app.demo]
id = "com.example.demo"
artifacts = ["*.apk"]
[env.dev]
[env.prod]
[env.pg]
registry = "postgres"
url = "env:DBURL"
key = "env:DBKEY"
[env.web]
registry = "http"
url = "http://127.0.0.1:9"
token = "env:TOK"
[env.oa]
registry = "oauth"
url = "http://127.0.0.1:9"
token = "env:TOK"
[env.ex]
registry = "exec"
command = ["{R}/bin/reg"]
[env.exf]
registry = "exec"
command = ["{R}/bin/reg", "fail"]
[env.fx]
registry = "fixed"
client-id = "fixed-id"
client-secret = "env:FIX"
[env.bad]
registry = "fixed"
client-id = "fixed-id"
client-secret = "env:NOPE"
''')
shutil.copy(TD+"/demo.apk",W/"app.apk"); (W/"cut.apk").write_bytes(open(TD+"/demo.apk","rb").read()[:9000]); (W/"text.apk").write_text("no")
KS=["--ks",TD+"/keys/demo.p12","--ks-pass","env:KSP"]; KSB=["--ks",TD+"/keys/demo.p12","--ks-pass","env:KW"]
n=0
def run(args,extra=None,stdin=b"",allow=(),trace=False,umask=None,timeout=40):
    global n; n+=1
    e=dict(ENV); e.update(extra or {})
    pre=["strace","-f","-v","-s","20000","-e","trace=execve","-o",str(L/f"exec{n}")] if trace else []
    try: p=subprocess.run([*pre,I,*args],cwd=W,env=e,input=stdin,capture_output=True,timeout=timeout)
    except subprocess.TimeoutExpired as t: stats["timeouts"]+=1; return None
    stats["runs"]+=1; stats[f"rc {p.returncode}"]+=1
    for what,data in (("stdout",p.stdout),("stderr",p.stderr)):
        stats["outputs searched"]+=1; stats["output bytes"]+=len(data)
        h=[x for x in hits(data) if x.split("/")[0] not in allow]
        if h: fails.append((" ".join(args),what,h))
        if any(l in data for l in PEM): fails.append((" ".join(args),what,"private key"))
        if b"panicked" in data: fails.append((" ".join(args),what,"panic",data[:200]))
    if trace:
        lines=(L/f"exec{n}").read_text(errors="replace").splitlines()
        for l in lines[1:]:
            m=re.match(r'\d+\s+execve\("([^"]*)", \[(.*?)\], \[(.*)\]\) = 0',l)
            if not m: continue
            stats["children"]+=1; stats["child "+os.path.basename(m.group(1))]+=1
            if hits(m.group(2).encode()): fails.append((" ".join(args),"argv of child",m.group(1),hits(m.group(2).encode())))
            he=hits(m.group(3).encode())
            if he: stats[f"child {os.path.basename(m.group(1))} inherits env with {len(set(x.split('/')[0] for x in he))} secrets"]+=1
    return p
def set_all():
    run(["credential","set","--app","com.example.demo","--env","dev","--client-id","id-dev","--secret","env:S1"])
    run(["credential","set","--app","com.example.demo","--env","prod","--client-id","id-prod","--secret","stdin"],stdin=CAN["secret2"].encode())
set_all()
FMT=[[],["-v","-v"],["--json"],["-q"]]+[["--format",f] for f in ("human","json","github","azure","msbuild","sarif")]
SUB=[["env","list"],["env","show"],["env","use","dev"],["register","com.example.demo","--env","dev"],["register","com.example.demo","--env","dev","--force"],
["register","com.example.demo","--env","pg"],["register","com.example.demo","--env","ex"],["register","com.example.demo","--env","exf"],["register","com.example.demo","--env","fx"],["register","com.example.demo","--env","bad"],["register","com.example.demo","--env","nope"],
["registry","list","--env","dev"],["registry","list","--env","pg"],["registry","init","--env","dev"],["registry","init","--env","pg"],["registry","revoke","--env","dev","nothing"],
["credential","list"],["credential","show","--app","com.example.demo","--env","dev"],["credential","show","--app","com.example.demo","--env","ex"],["credential","set","--app","com.example.demo","--env","dev","--client-id","id-dev","--secret","env:S2"],["credential","set","--app","x","--env","dev","--client-id","id-dev","--secret",CAN["secret"]],
["credential","mask"],["credential","key"],["credential","key","--to",CAN["dbkey"]],["credential","export","x.bak","--pass","env:PASS"],["credential","import","x.bak","--pass","env:KW"],["credential","import","x.bak","--pass","env:PASS"],["credential","export","y.bak","--pass",CAN["pass"]],
["verify","app.apk","--env","dev"],["verify","app.apk","--env","prod"],["verify","cut.apk","--env","dev"],["inspect","app.apk"],["inspect","text.apk"],["identify","app.apk"],["identify","app.apk","--online"],["scan","."],["scan","--staged"],["hook","gradle"],["hook","pre-commit"],["hook","github"],["doctor"],["doctor","--online"],["init","--dry-run"],["completions","bash"],["man"],
["app.apk","--env","dev",*KS,"--dry-run"],["app.apk","--env","dev",*KS,"--check"],["app.apk","--env","dev",*KSB],["app.apk","--env","dev",*KS,"-o","o1.apk","--receipt","r.json","--summary","s.md"],["app.apk","--env","prod",*KS,"-o","o2.apk"],["o1.apk","--env","prod",*KS,"--gate","whole","--at",'string/x={client_id}'],["app.apk","--env","fx",*KS,"-o","o3.apk"],["app.apk","--env","ex",*KS,"-o","o4.apk"],["app.apk","--env","pg",*KS,"-o","o5.apk"],["app.apk","--env","exf",*KS,"-o","o6.apk"],["text.apk","--env","dev",*KS],["cut.apk","--env","dev",*KS],["app.apk","--env","dev","--at","string/client_secret={client_secret}{nope}",*KS],["app.apk","--env","dev","--at","dex/setClientId={client_secret}",*KS],["app.apk","--env","dev","--ks","/nope","--ks-pass","env:KSP"],["app.apk","--env","dev","--ks",TD+"/keys/demo.p12","--ks-pass",KSPW],["app.apk","--env","dev","--key",os.environ.get("IDENTITY","identity")+"/dev.key","--cert",os.environ.get("IDENTITY","identity")+"/dev.pem","-o","o7.apk","--allow-new-signer"],["app.apk","--env","dev","--key",os.environ.get("IDENTITY","identity")+"/dev.pem","--cert",os.environ.get("IDENTITY","identity")+"/dev.key","-o","o8.apk"],
["app.apk","--env","dev","--key",TD+"/keys/demo.p12","--cert",os.environ.get("IDENTITY","identity")+"/dev.pem","-o","o8.apk"],["o1.apk"],["verify","o1.apk","--env","dev","--receipt","r.json","--svr","svr.json"],["verify","o1.apk","--env","prod"],["identify","o1.apk"],["inspect","o1.apk"],["scan","o1.apk"],["credential","rotate","--app","com.example.demo","--env","pg"],["credential","rotate","--app","com.example.demo","--env","ex"],["credential","rotate","--app","com.example.demo","--env","exf"],["credential","revoke","--app","com.example.demo","--env","ex"],["registry","serve","--env","dev","--token",CAN["tok"]],["registry","serve","--env","dev","--token","env:TOK","--listen","0.0.0.0:0"],["registry","serve","--env","dev","--token","env:TOK","--tls-cert",os.environ.get("IDENTITY","identity")+"/dev.key","--tls-key",os.environ.get("IDENTITY","identity")+"/dev.pem"],["registry","serve","--env","dev","--token","env:TOK","--tls-cert",os.environ.get("IDENTITY","identity")+"/dev.key","--tls-key",os.environ.get("IDENTITY","identity")+"/dev.key"],
]
for s in SUB:
    for f in FMT:
        a=s+f
        if s[0] in ("completions","man") and f: continue
        # what was given on the command line by mistake may not be repeated
        run(a,trace=(f==["-v","-v"]))
# one where everything is given from outside
for f in FMT: run(["app.apk","--env","dev",*KS,"-o","o9.apk"]+f,extra={"INJECT_CLIENT_ID":"given","INJECT_CLIENT_SECRET":CAN["secret2"]},trace=f==["-v","-v"])
for f in FMT: run(["app.apk","--env","dev","-o","o9.apk"]+f,extra={"KEYSTORE_FILE":TD+"/keys/demo.p12","KEYSTORE_PASSWORD":CAN["ksw"],"KEY_ALIAS":"demo","KEY_PASSWORD":CAN["ksw"]})
for f in FMT: run(["app.apk","--env","dev",*KS,"-o","o9.apk"]+f,extra={"INJECT_CLIENT_ID":"given","INJECT_CLIENT_SECRET":CAN["secret2"]+"\n\x01x"})
for f in FMT: run(["register","com.example.demo","--env","dev"]+f,extra={"INJECT_STORE_KEY":CAN["dbkey"]})
for f in FMT: run(["register","com.example.demo","--env","dev"]+f,extra={"INJECT_STORE_KEY":"env:S1"})
run(["register","com.example.demo","--env","web","-v"],timeout=40); run(["register","com.example.demo","--env","oa","-v"],timeout=40)
# everything that lies about
art={"o1.apk","o2.apk","o3.apk","o4.apk","o9.apk","o7.apk"}
for root in (W,R/"home",R/"h",L.parent/"children"):
    fs=[root] if root.is_file() else [Path(a)/b for a,_,c in os.walk(root) for b in c]
    for p in fs:
        if p.name=="inject.toml": continue
        d=p.read_bytes(); h=hits(d); stats["files searched"]+=1
        if p.name in art: continue
        if h: fails.append(("file",str(p.relative_to(R)),h))
print(dict(stats)); print(len(fails),"hits")
for f in fails: print("HIT",*[str(x)[:300] for x in f],sep=" | ")
sys.exit(1 if fails else 0)
