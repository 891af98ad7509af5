# 300 strings in every encoding of an index, so that edits move them across 127/128 and 255/256; 60 bodies, so that offsets cross 16383/16384.
.class public Lm/Many;
.super Ljava/lang/Object;
.source "Many.java"
.field public static final f000:Ljava/lang/String; = "s000"
.field public static final f001:Ljava/lang/String; = "s001"
.field public static final f002:Ljava/lang/String; = "s002"
.field public static final f003:Ljava/lang/String; = "s003"
.field public static final f004:Ljava/lang/String; = "s004"
.field public static final f005:Ljava/lang/String; = "s005"
.field public static final f006:Ljava/lang/String; = "s006"
.field public static final f007:Ljava/lang/String; = "s007"
.field public static final f008:Ljava/lang/String; = "s008"
.field public static final f009:Ljava/lang/String; = "s009"
.field public static final f010:Ljava/lang/String; = "s010"
.field public static final f011:Ljava/lang/String; = "s011"
.field public static final f012:Ljava/lang/String; = "s012"
.field public static final f013:Ljava/lang/String; = "s013"
.field public static final f014:Ljava/lang/String; = "s014"
.field public static final f015:Ljava/lang/String; = "s015"
.field public static final f016:Ljava/lang/String; = "s016"
.field public static final f017:Ljava/lang/String; = "s017"
.field public static final f018:Ljava/lang/String; = "s018"
.field public static final f019:Ljava/lang/String; = "s019"
.field public static final f020:Ljava/lang/String; = "s020"
.field public static final f021:Ljava/lang/String; = "s021"
.field public static final f022:Ljava/lang/String; = "s022"
.field public static final f023:Ljava/lang/String; = "s023"
.field public static final f024:Ljava/lang/String; = "s024"
.field public static final f025:Ljava/lang/String; = "s025"
.field public static final f026:Ljava/lang/String; = "s026"
.field public static final f027:Ljava/lang/String; = "s027"
.field public static final f028:Ljava/lang/String; = "s028"
.field public static final f029:Ljava/lang/String; = "s029"
.field public static final f030:Ljava/lang/String; = "s030"
.field public static final f031:Ljava/lang/String; = "s031"
.field public static final f032:Ljava/lang/String; = "s032"
.field public static final f033:Ljava/lang/String; = "s033"
.field public static final f034:Ljava/lang/String; = "s034"
.field public static final f035:Ljava/lang/String; = "s035"
.field public static final f036:Ljava/lang/String; = "s036"
.field public static final f037:Ljava/lang/String; = "s037"
.field public static final f038:Ljava/lang/String; = "s038"
.field public static final f039:Ljava/lang/String; = "s039"
.field public static final f040:Ljava/lang/String; = "s040"
.field public static final f041:Ljava/lang/String; = "s041"
.field public static final f042:Ljava/lang/String; = "s042"
.field public static final f043:Ljava/lang/String; = "s043"
.field public static final f044:Ljava/lang/String; = "s044"
.field public static final f045:Ljava/lang/String; = "s045"
.field public static final f046:Ljava/lang/String; = "s046"
.field public static final f047:Ljava/lang/String; = "s047"
.field public static final f048:Ljava/lang/String; = "s048"
.field public static final f049:Ljava/lang/String; = "s049"
.field public static final f050:Ljava/lang/String; = "s050"
.field public static final f051:Ljava/lang/String; = "s051"
.field public static final f052:Ljava/lang/String; = "s052"
.field public static final f053:Ljava/lang/String; = "s053"
.field public static final f054:Ljava/lang/String; = "s054"
.field public static final f055:Ljava/lang/String; = "s055"
.field public static final f056:Ljava/lang/String; = "s056"
.field public static final f057:Ljava/lang/String; = "s057"
.field public static final f058:Ljava/lang/String; = "s058"
.field public static final f059:Ljava/lang/String; = "s059"
.field public static final f060:Ljava/lang/String; = "s060"
.field public static final f061:Ljava/lang/String; = "s061"
.field public static final f062:Ljava/lang/String; = "s062"
.field public static final f063:Ljava/lang/String; = "s063"
.field public static final f064:Ljava/lang/String; = "s064"
.field public static final f065:Ljava/lang/String; = "s065"
.field public static final f066:Ljava/lang/String; = "s066"
.field public static final f067:Ljava/lang/String; = "s067"
.field public static final f068:Ljava/lang/String; = "s068"
.field public static final f069:Ljava/lang/String; = "s069"
.field public static final f070:Ljava/lang/String; = "s070"
.field public static final f071:Ljava/lang/String; = "s071"
.field public static final f072:Ljava/lang/String; = "s072"
.field public static final f073:Ljava/lang/String; = "s073"
.field public static final f074:Ljava/lang/String; = "s074"
.field public static final f075:Ljava/lang/String; = "s075"
.field public static final f076:Ljava/lang/String; = "s076"
.field public static final f077:Ljava/lang/String; = "s077"
.field public static final f078:Ljava/lang/String; = "s078"
.field public static final f079:Ljava/lang/String; = "s079"
.field public static final f080:Ljava/lang/String; = "s080"
.field public static final f081:Ljava/lang/String; = "s081"
.field public static final f082:Ljava/lang/String; = "s082"
.field public static final f083:Ljava/lang/String; = "s083"
.field public static final f084:Ljava/lang/String; = "s084"
.field public static final f085:Ljava/lang/String; = "s085"
.field public static final f086:Ljava/lang/String; = "s086"
.field public static final f087:Ljava/lang/String; = "s087"
.field public static final f088:Ljava/lang/String; = "s088"
.field public static final f089:Ljava/lang/String; = "s089"
.field public static final f090:Ljava/lang/String; = "s090"
.field public static final f091:Ljava/lang/String; = "s091"
.field public static final f092:Ljava/lang/String; = "s092"
.field public static final f093:Ljava/lang/String; = "s093"
.field public static final f094:Ljava/lang/String; = "s094"
.field public static final f095:Ljava/lang/String; = "s095"
.field public static final f096:Ljava/lang/String; = "s096"
.field public static final f097:Ljava/lang/String; = "s097"
.field public static final f098:Ljava/lang/String; = "s098"
.field public static final f099:Ljava/lang/String; = "s099"
.field public static final f100:Ljava/lang/String; = "s100"
.field public static final f101:Ljava/lang/String; = "s101"
.field public static final f102:Ljava/lang/String; = "s102"
.field public static final f103:Ljava/lang/String; = "s103"
.field public static final f104:Ljava/lang/String; = "s104"
.field public static final f105:Ljava/lang/String; = "s105"
.field public static final f106:Ljava/lang/String; = "s106"
.field public static final f107:Ljava/lang/String; = "s107"
.field public static final f108:Ljava/lang/String; = "s108"
.field public static final f109:Ljava/lang/String; = "s109"
.field public static final f110:Ljava/lang/String; = "s110"
.field public static final f111:Ljava/lang/String; = "s111"
.field public static final f112:Ljava/lang/String; = "s112"
.field public static final f113:Ljava/lang/String; = "s113"
.field public static final f114:Ljava/lang/String; = "s114"
.field public static final f115:Ljava/lang/String; = "s115"
.field public static final f116:Ljava/lang/String; = "s116"
.field public static final f117:Ljava/lang/String; = "s117"
.field public static final f118:Ljava/lang/String; = "s118"
.field public static final f119:Ljava/lang/String; = "s119"
.field public static final f120:Ljava/lang/String; = "s120"
.field public static final f121:Ljava/lang/String; = "s121"
.field public static final f122:Ljava/lang/String; = "s122"
.field public static final f123:Ljava/lang/String; = "s123"
.field public static final f124:Ljava/lang/String; = "s124"
.field public static final f125:Ljava/lang/String; = "s125"
.field public static final f126:Ljava/lang/String; = "s126"
.field public static final f127:Ljava/lang/String; = "s127"
.field public static final f128:Ljava/lang/String; = "s128"
.field public static final f129:Ljava/lang/String; = "s129"
.field public static final f130:Ljava/lang/String; = "s130"
.field public static final f131:Ljava/lang/String; = "s131"
.field public static final f132:Ljava/lang/String; = "s132"
.field public static final f133:Ljava/lang/String; = "s133"
.field public static final f134:Ljava/lang/String; = "s134"
.field public static final f135:Ljava/lang/String; = "s135"
.field public static final f136:Ljava/lang/String; = "s136"
.field public static final f137:Ljava/lang/String; = "s137"
.field public static final f138:Ljava/lang/String; = "s138"
.field public static final f139:Ljava/lang/String; = "s139"
.field public static final f140:Ljava/lang/String; = "s140"
.field public static final f141:Ljava/lang/String; = "s141"
.field public static final f142:Ljava/lang/String; = "s142"
.field public static final f143:Ljava/lang/String; = "s143"
.field public static final f144:Ljava/lang/String; = "s144"
.field public static final f145:Ljava/lang/String; = "s145"
.field public static final f146:Ljava/lang/String; = "s146"
.field public static final f147:Ljava/lang/String; = "s147"
.field public static final f148:Ljava/lang/String; = "s148"
.field public static final f149:Ljava/lang/String; = "s149"
.field public static final f150:Ljava/lang/String; = "s150"
.field public static final f151:Ljava/lang/String; = "s151"
.field public static final f152:Ljava/lang/String; = "s152"
.field public static final f153:Ljava/lang/String; = "s153"
.field public static final f154:Ljava/lang/String; = "s154"
.field public static final f155:Ljava/lang/String; = "s155"
.field public static final f156:Ljava/lang/String; = "s156"
.field public static final f157:Ljava/lang/String; = "s157"
.field public static final f158:Ljava/lang/String; = "s158"
.field public static final f159:Ljava/lang/String; = "s159"
.field public static final f160:Ljava/lang/String; = "s160"
.field public static final f161:Ljava/lang/String; = "s161"
.field public static final f162:Ljava/lang/String; = "s162"
.field public static final f163:Ljava/lang/String; = "s163"
.field public static final f164:Ljava/lang/String; = "s164"
.field public static final f165:Ljava/lang/String; = "s165"
.field public static final f166:Ljava/lang/String; = "s166"
.field public static final f167:Ljava/lang/String; = "s167"
.field public static final f168:Ljava/lang/String; = "s168"
.field public static final f169:Ljava/lang/String; = "s169"
.field public static final f170:Ljava/lang/String; = "s170"
.field public static final f171:Ljava/lang/String; = "s171"
.field public static final f172:Ljava/lang/String; = "s172"
.field public static final f173:Ljava/lang/String; = "s173"
.field public static final f174:Ljava/lang/String; = "s174"
.field public static final f175:Ljava/lang/String; = "s175"
.field public static final f176:Ljava/lang/String; = "s176"
.field public static final f177:Ljava/lang/String; = "s177"
.field public static final f178:Ljava/lang/String; = "s178"
.field public static final f179:Ljava/lang/String; = "s179"
.field public static final f180:Ljava/lang/String; = "s180"
.field public static final f181:Ljava/lang/String; = "s181"
.field public static final f182:Ljava/lang/String; = "s182"
.field public static final f183:Ljava/lang/String; = "s183"
.field public static final f184:Ljava/lang/String; = "s184"
.field public static final f185:Ljava/lang/String; = "s185"
.field public static final f186:Ljava/lang/String; = "s186"
.field public static final f187:Ljava/lang/String; = "s187"
.field public static final f188:Ljava/lang/String; = "s188"
.field public static final f189:Ljava/lang/String; = "s189"
.field public static final f190:Ljava/lang/String; = "s190"
.field public static final f191:Ljava/lang/String; = "s191"
.field public static final f192:Ljava/lang/String; = "s192"
.field public static final f193:Ljava/lang/String; = "s193"
.field public static final f194:Ljava/lang/String; = "s194"
.field public static final f195:Ljava/lang/String; = "s195"
.field public static final f196:Ljava/lang/String; = "s196"
.field public static final f197:Ljava/lang/String; = "s197"
.field public static final f198:Ljava/lang/String; = "s198"
.field public static final f199:Ljava/lang/String; = "s199"
.field public static final f200:Ljava/lang/String; = "s200"
.field public static final f201:Ljava/lang/String; = "s201"
.field public static final f202:Ljava/lang/String; = "s202"
.field public static final f203:Ljava/lang/String; = "s203"
.field public static final f204:Ljava/lang/String; = "s204"
.field public static final f205:Ljava/lang/String; = "s205"
.field public static final f206:Ljava/lang/String; = "s206"
.field public static final f207:Ljava/lang/String; = "s207"
.field public static final f208:Ljava/lang/String; = "s208"
.field public static final f209:Ljava/lang/String; = "s209"
.field public static final f210:Ljava/lang/String; = "s210"
.field public static final f211:Ljava/lang/String; = "s211"
.field public static final f212:Ljava/lang/String; = "s212"
.field public static final f213:Ljava/lang/String; = "s213"
.field public static final f214:Ljava/lang/String; = "s214"
.field public static final f215:Ljava/lang/String; = "s215"
.field public static final f216:Ljava/lang/String; = "s216"
.field public static final f217:Ljava/lang/String; = "s217"
.field public static final f218:Ljava/lang/String; = "s218"
.field public static final f219:Ljava/lang/String; = "s219"
.field public static final f220:Ljava/lang/String; = "s220"
.field public static final f221:Ljava/lang/String; = "s221"
.field public static final f222:Ljava/lang/String; = "s222"
.field public static final f223:Ljava/lang/String; = "s223"
.field public static final f224:Ljava/lang/String; = "s224"
.field public static final f225:Ljava/lang/String; = "s225"
.field public static final f226:Ljava/lang/String; = "s226"
.field public static final f227:Ljava/lang/String; = "s227"
.field public static final f228:Ljava/lang/String; = "s228"
.field public static final f229:Ljava/lang/String; = "s229"
.field public static final f230:Ljava/lang/String; = "s230"
.field public static final f231:Ljava/lang/String; = "s231"
.field public static final f232:Ljava/lang/String; = "s232"
.field public static final f233:Ljava/lang/String; = "s233"
.field public static final f234:Ljava/lang/String; = "s234"
.field public static final f235:Ljava/lang/String; = "s235"
.field public static final f236:Ljava/lang/String; = "s236"
.field public static final f237:Ljava/lang/String; = "s237"
.field public static final f238:Ljava/lang/String; = "s238"
.field public static final f239:Ljava/lang/String; = "s239"
.field public static final f240:Ljava/lang/String; = "s240"
.field public static final f241:Ljava/lang/String; = "s241"
.field public static final f242:Ljava/lang/String; = "s242"
.field public static final f243:Ljava/lang/String; = "s243"
.field public static final f244:Ljava/lang/String; = "s244"
.field public static final f245:Ljava/lang/String; = "s245"
.field public static final f246:Ljava/lang/String; = "s246"
.field public static final f247:Ljava/lang/String; = "s247"
.field public static final f248:Ljava/lang/String; = "s248"
.field public static final f249:Ljava/lang/String; = "s249"
.field public static final f250:Ljava/lang/String; = "s250"
.field public static final f251:Ljava/lang/String; = "s251"
.field public static final f252:Ljava/lang/String; = "s252"
.field public static final f253:Ljava/lang/String; = "s253"
.field public static final f254:Ljava/lang/String; = "s254"
.field public static final f255:Ljava/lang/String; = "s255"
.field public static final f256:Ljava/lang/String; = "s256"
.field public static final f257:Ljava/lang/String; = "s257"
.field public static final f258:Ljava/lang/String; = "s258"
.field public static final f259:Ljava/lang/String; = "s259"
.field public static final f260:Ljava/lang/String; = "s260"
.field public static final f261:Ljava/lang/String; = "s261"
.field public static final f262:Ljava/lang/String; = "s262"
.field public static final f263:Ljava/lang/String; = "s263"
.field public static final f264:Ljava/lang/String; = "s264"
.field public static final f265:Ljava/lang/String; = "s265"
.field public static final f266:Ljava/lang/String; = "s266"
.field public static final f267:Ljava/lang/String; = "s267"
.field public static final f268:Ljava/lang/String; = "s268"
.field public static final f269:Ljava/lang/String; = "s269"
.field public static final f270:Ljava/lang/String; = "s270"
.field public static final f271:Ljava/lang/String; = "s271"
.field public static final f272:Ljava/lang/String; = "s272"
.field public static final f273:Ljava/lang/String; = "s273"
.field public static final f274:Ljava/lang/String; = "s274"
.field public static final f275:Ljava/lang/String; = "s275"
.field public static final f276:Ljava/lang/String; = "s276"
.field public static final f277:Ljava/lang/String; = "s277"
.field public static final f278:Ljava/lang/String; = "s278"
.field public static final f279:Ljava/lang/String; = "s279"
.field public static final f280:Ljava/lang/String; = "s280"
.field public static final f281:Ljava/lang/String; = "s281"
.field public static final f282:Ljava/lang/String; = "s282"
.field public static final f283:Ljava/lang/String; = "s283"
.field public static final f284:Ljava/lang/String; = "s284"
.field public static final f285:Ljava/lang/String; = "s285"
.field public static final f286:Ljava/lang/String; = "s286"
.field public static final f287:Ljava/lang/String; = "s287"
.field public static final f288:Ljava/lang/String; = "s288"
.field public static final f289:Ljava/lang/String; = "s289"
.field public static final f290:Ljava/lang/String; = "s290"
.field public static final f291:Ljava/lang/String; = "s291"
.field public static final f292:Ljava/lang/String; = "s292"
.field public static final f293:Ljava/lang/String; = "s293"
.field public static final f294:Ljava/lang/String; = "s294"
.field public static final f295:Ljava/lang/String; = "s295"
.field public static final f296:Ljava/lang/String; = "s296"
.field public static final f297:Ljava/lang/String; = "s297"
.field public static final f298:Ljava/lang/String; = "s298"
.field public static final f299:Ljava/lang/String; = "s299"
.method public static m0(Ljava/lang/String;)V
    .registers 2
    .param p0, "s124"
    .line 1
    const-string v0, "s000"
    .local v0, "s000":Ljava/lang/String;, "s000"
    .line 5
    const-string v0, "s004"
    .local v0, "s028":Ljava/lang/String;, "s044"
    .line 9
    const-string v0, "s008"
    .local v0, "s056":Ljava/lang/String;, "s088"
    .line 13
    const-string v0, "s012"
    .local v0, "s084":Ljava/lang/String;, "s132"
    .line 17
    const-string v0, "s016"
    .local v0, "s112":Ljava/lang/String;, "s176"
    .line 21
    const-string v0, "s020"
    .local v0, "s140":Ljava/lang/String;, "s220"
    .line 25
    const-string v0, "s024"
    .local v0, "s168":Ljava/lang/String;, "s264"
    .line 29
    const-string v0, "s028"
    .local v0, "s196":Ljava/lang/String;, "s008"
    .line 33
    const-string v0, "s032"
    .local v0, "s224":Ljava/lang/String;, "s052"
    .line 37
    const-string v0, "s036"
    .local v0, "s252":Ljava/lang/String;, "s096"
    .line 41
    const-string v0, "s040"
    .local v0, "s280":Ljava/lang/String;, "s140"
    .line 45
    const-string v0, "s044"
    .local v0, "s008":Ljava/lang/String;, "s184"
    .line 49
    const-string v0, "s048"
    .local v0, "s036":Ljava/lang/String;, "s228"
    .line 53
    const-string v0, "s052"
    .local v0, "s064":Ljava/lang/String;, "s272"
    .line 57
    const-string v0, "s056"
    .local v0, "s092":Ljava/lang/String;, "s016"
    .line 61
    const-string v0, "s060"
    .local v0, "s120":Ljava/lang/String;, "s060"
    .line 65
    const-string v0, "s064"
    .local v0, "s148":Ljava/lang/String;, "s104"
    .line 69
    const-string v0, "s068"
    .local v0, "s176":Ljava/lang/String;, "s148"
    .line 73
    const-string v0, "s072"
    .local v0, "s204":Ljava/lang/String;, "s192"
    .line 77
    const-string v0, "s076"
    .local v0, "s232":Ljava/lang/String;, "s236"
    .line 81
    const-string v0, "s080"
    .local v0, "s260":Ljava/lang/String;, "s280"
    .line 85
    const-string v0, "s084"
    .local v0, "s288":Ljava/lang/String;, "s024"
    .line 89
    const-string v0, "s088"
    .local v0, "s016":Ljava/lang/String;, "s068"
    .line 93
    const-string v0, "s092"
    .local v0, "s044":Ljava/lang/String;, "s112"
    .line 97
    const-string v0, "s096"
    .local v0, "s072":Ljava/lang/String;, "s156"
    .line 101
    const-string v0, "s100"
    .local v0, "s100":Ljava/lang/String;, "s200"
    .line 105
    const-string v0, "s104"
    .local v0, "s128":Ljava/lang/String;, "s244"
    .line 109
    const-string v0, "s108"
    .local v0, "s156":Ljava/lang/String;, "s288"
    .line 113
    const-string v0, "s112"
    .local v0, "s184":Ljava/lang/String;, "s032"
    .line 117
    const-string v0, "s116"
    .local v0, "s212":Ljava/lang/String;, "s076"
    .line 121
    const-string v0, "s120"
    .local v0, "s240":Ljava/lang/String;, "s120"
    .line 125
    const-string v0, "s124"
    .local v0, "s268":Ljava/lang/String;, "s164"
    .line 129
    const-string v0, "s128"
    .local v0, "s296":Ljava/lang/String;, "s208"
    .line 133
    const-string v0, "s132"
    .local v0, "s024":Ljava/lang/String;, "s252"
    .line 137
    const-string v0, "s136"
    .local v0, "s052":Ljava/lang/String;, "s296"
    .line 141
    const-string v0, "s140"
    .local v0, "s080":Ljava/lang/String;, "s040"
    .line 145
    const-string v0, "s144"
    .local v0, "s108":Ljava/lang/String;, "s084"
    .line 149
    const-string v0, "s148"
    .local v0, "s136":Ljava/lang/String;, "s128"
    .line 153
    const-string v0, "s152"
    .local v0, "s164":Ljava/lang/String;, "s172"
    .line 157
    const-string v0, "s156"
    .local v0, "s192":Ljava/lang/String;, "s216"
    .line 161
    const-string v0, "s160"
    .local v0, "s220":Ljava/lang/String;, "s260"
    .line 165
    const-string v0, "s164"
    .local v0, "s248":Ljava/lang/String;, "s004"
    .line 169
    const-string v0, "s168"
    .local v0, "s276":Ljava/lang/String;, "s048"
    .line 173
    const-string v0, "s172"
    .local v0, "s004":Ljava/lang/String;, "s092"
    .line 177
    const-string v0, "s176"
    .local v0, "s032":Ljava/lang/String;, "s136"
    .line 181
    const-string v0, "s180"
    .local v0, "s060":Ljava/lang/String;, "s180"
    .line 185
    const-string v0, "s184"
    .local v0, "s088":Ljava/lang/String;, "s224"
    .line 189
    const-string v0, "s188"
    .local v0, "s116":Ljava/lang/String;, "s268"
    .line 193
    const-string v0, "s192"
    .local v0, "s144":Ljava/lang/String;, "s012"
    .line 197
    const-string v0, "s196"
    .local v0, "s172":Ljava/lang/String;, "s056"
    .line 201
    const-string v0, "s200"
    .local v0, "s200":Ljava/lang/String;, "s100"
    .line 205
    const-string v0, "s204"
    .local v0, "s228":Ljava/lang/String;, "s144"
    .line 209
    const-string v0, "s208"
    .local v0, "s256":Ljava/lang/String;, "s188"
    .line 213
    const-string v0, "s212"
    .local v0, "s284":Ljava/lang/String;, "s232"
    .line 217
    const-string v0, "s216"
    .local v0, "s012":Ljava/lang/String;, "s276"
    .line 221
    const-string v0, "s220"
    .local v0, "s040":Ljava/lang/String;, "s020"
    .line 225
    const-string v0, "s224"
    .local v0, "s068":Ljava/lang/String;, "s064"
    .line 229
    const-string v0, "s228"
    .local v0, "s096":Ljava/lang/String;, "s108"
    .line 233
    const-string v0, "s232"
    .local v0, "s124":Ljava/lang/String;, "s152"
    .line 237
    const-string v0, "s236"
    .local v0, "s152":Ljava/lang/String;, "s196"
    .line 241
    const-string v0, "s240"
    .local v0, "s180":Ljava/lang/String;, "s240"
    .line 245
    const-string v0, "s244"
    .local v0, "s208":Ljava/lang/String;, "s284"
    .line 249
    const-string v0, "s248"
    .local v0, "s236":Ljava/lang/String;, "s028"
    .line 253
    const-string v0, "s252"
    .local v0, "s264":Ljava/lang/String;, "s072"
    .line 257
    const-string v0, "s256"
    .local v0, "s292":Ljava/lang/String;, "s116"
    .line 261
    const-string v0, "s260"
    .local v0, "s020":Ljava/lang/String;, "s160"
    .line 265
    const-string v0, "s264"
    .local v0, "s048":Ljava/lang/String;, "s204"
    .line 269
    const-string v0, "s268"
    .local v0, "s076":Ljava/lang/String;, "s248"
    .line 273
    const-string v0, "s272"
    .local v0, "s104":Ljava/lang/String;, "s292"
    .line 277
    const-string v0, "s276"
    .local v0, "s132":Ljava/lang/String;, "s036"
    .line 281
    const-string v0, "s280"
    .local v0, "s160":Ljava/lang/String;, "s080"
    .line 285
    const-string v0, "s284"
    .local v0, "s188":Ljava/lang/String;, "s124"
    .line 289
    const-string v0, "s288"
    .local v0, "s216":Ljava/lang/String;, "s168"
    .line 293
    const-string v0, "s292"
    .local v0, "s244":Ljava/lang/String;, "s212"
    .line 297
    const-string v0, "s296"
    .local v0, "s272":Ljava/lang/String;, "s256"
    return-void
.end method
.method public static m3(Ljava/lang/String;)V
    .registers 2
    .param p0, "s127"
    .line 4
    const-string v0, "s003"
    .local v0, "s021":Ljava/lang/String;, "s033"
    .line 8
    const-string v0, "s007"
    .local v0, "s049":Ljava/lang/String;, "s077"
    .line 12
    const-string v0, "s011"
    .local v0, "s077":Ljava/lang/String;, "s121"
    .line 16
    const-string v0, "s015"
    .local v0, "s105":Ljava/lang/String;, "s165"
    .line 20
    const-string v0, "s019"
    .local v0, "s133":Ljava/lang/String;, "s209"
    .line 24
    const-string v0, "s023"
    .local v0, "s161":Ljava/lang/String;, "s253"
    .line 28
    const-string v0, "s027"
    .local v0, "s189":Ljava/lang/String;, "s297"
    .line 32
    const-string v0, "s031"
    .local v0, "s217":Ljava/lang/String;, "s041"
    .line 36
    const-string v0, "s035"
    .local v0, "s245":Ljava/lang/String;, "s085"
    .line 40
    const-string v0, "s039"
    .local v0, "s273":Ljava/lang/String;, "s129"
    .line 44
    const-string v0, "s043"
    .local v0, "s001":Ljava/lang/String;, "s173"
    .line 48
    const-string v0, "s047"
    .local v0, "s029":Ljava/lang/String;, "s217"
    .line 52
    const-string v0, "s051"
    .local v0, "s057":Ljava/lang/String;, "s261"
    .line 56
    const-string v0, "s055"
    .local v0, "s085":Ljava/lang/String;, "s005"
    .line 60
    const-string v0, "s059"
    .local v0, "s113":Ljava/lang/String;, "s049"
    .line 64
    const-string v0, "s063"
    .local v0, "s141":Ljava/lang/String;, "s093"
    .line 68
    const-string v0, "s067"
    .local v0, "s169":Ljava/lang/String;, "s137"
    .line 72
    const-string v0, "s071"
    .local v0, "s197":Ljava/lang/String;, "s181"
    .line 76
    const-string v0, "s075"
    .local v0, "s225":Ljava/lang/String;, "s225"
    .line 80
    const-string v0, "s079"
    .local v0, "s253":Ljava/lang/String;, "s269"
    .line 84
    const-string v0, "s083"
    .local v0, "s281":Ljava/lang/String;, "s013"
    .line 88
    const-string v0, "s087"
    .local v0, "s009":Ljava/lang/String;, "s057"
    .line 92
    const-string v0, "s091"
    .local v0, "s037":Ljava/lang/String;, "s101"
    .line 96
    const-string v0, "s095"
    .local v0, "s065":Ljava/lang/String;, "s145"
    .line 100
    const-string v0, "s099"
    .local v0, "s093":Ljava/lang/String;, "s189"
    .line 104
    const-string v0, "s103"
    .local v0, "s121":Ljava/lang/String;, "s233"
    .line 108
    const-string v0, "s107"
    .local v0, "s149":Ljava/lang/String;, "s277"
    .line 112
    const-string v0, "s111"
    .local v0, "s177":Ljava/lang/String;, "s021"
    .line 116
    const-string v0, "s115"
    .local v0, "s205":Ljava/lang/String;, "s065"
    .line 120
    const-string v0, "s119"
    .local v0, "s233":Ljava/lang/String;, "s109"
    .line 124
    const-string v0, "s123"
    .local v0, "s261":Ljava/lang/String;, "s153"
    .line 128
    const-string v0, "s127"
    .local v0, "s289":Ljava/lang/String;, "s197"
    .line 132
    const-string v0, "s131"
    .local v0, "s017":Ljava/lang/String;, "s241"
    .line 136
    const-string v0, "s135"
    .local v0, "s045":Ljava/lang/String;, "s285"
    .line 140
    const-string v0, "s139"
    .local v0, "s073":Ljava/lang/String;, "s029"
    .line 144
    const-string v0, "s143"
    .local v0, "s101":Ljava/lang/String;, "s073"
    .line 148
    const-string v0, "s147"
    .local v0, "s129":Ljava/lang/String;, "s117"
    .line 152
    const-string v0, "s151"
    .local v0, "s157":Ljava/lang/String;, "s161"
    .line 156
    const-string v0, "s155"
    .local v0, "s185":Ljava/lang/String;, "s205"
    .line 160
    const-string v0, "s159"
    .local v0, "s213":Ljava/lang/String;, "s249"
    .line 164
    const-string v0, "s163"
    .local v0, "s241":Ljava/lang/String;, "s293"
    .line 168
    const-string v0, "s167"
    .local v0, "s269":Ljava/lang/String;, "s037"
    .line 172
    const-string v0, "s171"
    .local v0, "s297":Ljava/lang/String;, "s081"
    .line 176
    const-string v0, "s175"
    .local v0, "s025":Ljava/lang/String;, "s125"
    .line 180
    const-string v0, "s179"
    .local v0, "s053":Ljava/lang/String;, "s169"
    .line 184
    const-string v0, "s183"
    .local v0, "s081":Ljava/lang/String;, "s213"
    .line 188
    const-string v0, "s187"
    .local v0, "s109":Ljava/lang/String;, "s257"
    .line 192
    const-string v0, "s191"
    .local v0, "s137":Ljava/lang/String;, "s001"
    .line 196
    const-string v0, "s195"
    .local v0, "s165":Ljava/lang/String;, "s045"
    .line 200
    const-string v0, "s199"
    .local v0, "s193":Ljava/lang/String;, "s089"
    .line 204
    const-string v0, "s203"
    .local v0, "s221":Ljava/lang/String;, "s133"
    .line 208
    const-string v0, "s207"
    .local v0, "s249":Ljava/lang/String;, "s177"
    .line 212
    const-string v0, "s211"
    .local v0, "s277":Ljava/lang/String;, "s221"
    .line 216
    const-string v0, "s215"
    .local v0, "s005":Ljava/lang/String;, "s265"
    .line 220
    const-string v0, "s219"
    .local v0, "s033":Ljava/lang/String;, "s009"
    .line 224
    const-string v0, "s223"
    .local v0, "s061":Ljava/lang/String;, "s053"
    .line 228
    const-string v0, "s227"
    .local v0, "s089":Ljava/lang/String;, "s097"
    .line 232
    const-string v0, "s231"
    .local v0, "s117":Ljava/lang/String;, "s141"
    .line 236
    const-string v0, "s235"
    .local v0, "s145":Ljava/lang/String;, "s185"
    .line 240
    const-string v0, "s239"
    .local v0, "s173":Ljava/lang/String;, "s229"
    .line 244
    const-string v0, "s243"
    .local v0, "s201":Ljava/lang/String;, "s273"
    .line 248
    const-string v0, "s247"
    .local v0, "s229":Ljava/lang/String;, "s017"
    .line 252
    const-string v0, "s251"
    .local v0, "s257":Ljava/lang/String;, "s061"
    .line 256
    const-string v0, "s255"
    .local v0, "s285":Ljava/lang/String;, "s105"
    .line 260
    const-string v0, "s259"
    .local v0, "s013":Ljava/lang/String;, "s149"
    .line 264
    const-string v0, "s263"
    .local v0, "s041":Ljava/lang/String;, "s193"
    .line 268
    const-string v0, "s267"
    .local v0, "s069":Ljava/lang/String;, "s237"
    .line 272
    const-string v0, "s271"
    .local v0, "s097":Ljava/lang/String;, "s281"
    .line 276
    const-string v0, "s275"
    .local v0, "s125":Ljava/lang/String;, "s025"
    .line 280
    const-string v0, "s279"
    .local v0, "s153":Ljava/lang/String;, "s069"
    .line 284
    const-string v0, "s283"
    .local v0, "s181":Ljava/lang/String;, "s113"
    .line 288
    const-string v0, "s287"
    .local v0, "s209":Ljava/lang/String;, "s157"
    .line 292
    const-string v0, "s291"
    .local v0, "s237":Ljava/lang/String;, "s201"
    .line 296
    const-string v0, "s295"
    .local v0, "s265":Ljava/lang/String;, "s245"
    .line 300
    const-string v0, "s299"
    .local v0, "s293":Ljava/lang/String;, "s289"
    return-void
.end method
.method public static n00()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n01()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n02()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n03()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n04()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n05()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n06()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n07()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n08()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n09()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n10()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n11()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n12()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n13()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n14()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n15()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n16()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n17()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n18()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n19()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n20()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n21()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n22()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n23()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n24()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n25()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n26()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n27()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n28()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n29()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n30()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n31()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n32()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n33()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n34()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n35()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n36()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n37()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n38()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n39()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n40()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n41()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n42()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n43()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n44()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n45()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n46()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n47()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n48()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n49()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n50()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n51()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n52()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n53()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n54()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n55()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n56()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n57()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n58()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
.method public static n59()V
    .registers 1
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    nop
    return-void
.end method
