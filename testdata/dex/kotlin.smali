.class public Lk/Kotlin;
.super Ljava/lang/Object;

.field private final id:Ljava/lang/String;

.method public constructor <init>(Ljava/lang/String;)V
    .registers 2
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    iput-object p1, p0, Lk/Kotlin;->id:Ljava/lang/String;
    return-void
.end method

.method public synthetic constructor <init>(Ljava/lang/String;ILkotlin/jvm/internal/DefaultConstructorMarker;)V
    .registers 4
    and-int/lit8 p2, p2, 0x1
    if-eqz p2, :given
    const-string p1, "made by default"
    :given
    invoke-direct {p0, p1}, Lk/Kotlin;-><init>(Ljava/lang/String;)V
    return-void
.end method

.method public static construct()V
    .registers 4
    new-instance v0, Lk/Kotlin;
    const/4 v1, 0x0
    const/4 v2, 0x1
    invoke-direct {v0, v1, v2, v1}, Lk/Kotlin;-><init>(Ljava/lang/String;ILkotlin/jvm/internal/DefaultConstructorMarker;)V
    return-void
.end method

.method public log(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public same(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public static synthetic same$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    .registers 4
    and-int/lit8 p2, p2, 0x1
    if-eqz p2, :given
    const-string p1, "by default"
    :given
    invoke-virtual {p0, p1}, Lk/Kotlin;->same(Ljava/lang/String;)V
    return-void
.end method

.method public static leavesSame(Lk/Kotlin;)V
    .registers 6
    move-object v0, p0
    const/4 v1, 0x0
    const/4 v2, 0x1
    const/4 v3, 0x0
    invoke-static {v0, v1, v2, v3}, Lk/Kotlin;->same$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    return-void
.end method

.method public static givesSame(Lk/Kotlin;)V
    .registers 6
    move-object v0, p0
    const-string v1, "by default"
    const/4 v2, 0x0
    const/4 v3, 0x0
    invoke-static {v0, v1, v2, v3}, Lk/Kotlin;->same$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    return-void
.end method

.method public never(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public static synthetic never$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    .registers 4
    and-int/lit8 p2, p2, 0x1
    if-eqz p2, :given
    const-string p1, "nobody passes it"
    :given
    invoke-virtual {p0, p1}, Lk/Kotlin;->never(Ljava/lang/String;)V
    return-void
.end method

.method public other(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public static synthetic other$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    .registers 4
    and-int/lit8 p2, p2, 0x1
    if-eqz p2, :given
    const-string p1, "a default"
    :given
    invoke-virtual {p0, p1}, Lk/Kotlin;->other(Ljava/lang/String;)V
    return-void
.end method

.method public static givesOther(Lk/Kotlin;)V
    .registers 6
    move-object v0, p0
    const-string v1, "something else"
    const/4 v2, 0x0
    const/4 v3, 0x0
    invoke-static {v0, v1, v2, v3}, Lk/Kotlin;->other$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    return-void
.end method

.method public known(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public static synthetic known$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    .registers 4
    and-int/lit8 p2, p2, 0x1
    if-eqz p2, :given
    const-string p1, "a default"
    :given
    invoke-virtual {p0, p1}, Lk/Kotlin;->known(Ljava/lang/String;)V
    return-void
.end method

.method public static givesParameter(Lk/Kotlin;Ljava/lang/String;)V
    .registers 6
    const/4 v0, 0x0
    move-object v1, p1
    const/16 v2, 0x0
    const/4 v3, 0x0
    invoke-static {v0, v1, v2, v3}, Lk/Kotlin;->known$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    return-void
.end method

.method public none(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public static synthetic none$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    .registers 4
    and-int/lit8 p2, p2, 0x1
    if-eqz p2, :given
    const-string p1, "a default"
    :given
    invoke-virtual {p0, p1}, Lk/Kotlin;->none(Ljava/lang/String;)V
    return-void
.end method

.method public static givesNull(Lk/Kotlin;)V
    .registers 6
    move-object v0, p0
    const/4 v1, 0x0
    const/4 v2, -0x2
    const/4 v3, 0x0
    invoke-static {v0, v1, v2, v3}, Lk/Kotlin;->none$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    return-void
.end method

.method public path(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public static synthetic path$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    .registers 4
    and-int/lit8 p2, p2, 0x1
    if-eqz p2, :given
    const-string p1, "a default"
    :given
    invoke-virtual {p0, p1}, Lk/Kotlin;->path(Ljava/lang/String;)V
    return-void
.end method

.method public static eitherWay(Lk/Kotlin;)V
    .registers 6
    move-object v0, p0
    const/4 v1, 0x0
    const/4 v2, 0x1
    const/4 v3, 0x0
    if-eqz p0, :go
    const/4 v2, 0x0
    :go
    invoke-static {v0, v1, v2, v3}, Lk/Kotlin;->path$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    return-void
.end method

.method public read(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public static synthetic read$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/Object;)V
    .registers 4
    and-int/lit8 p2, p2, 0x1
    if-eqz p2, :given
    const-string p1, "a default"
    invoke-virtual {p0, p1}, Lk/Kotlin;->log(Ljava/lang/String;)V
    :given
    invoke-virtual {p0, p1}, Lk/Kotlin;->read(Ljava/lang/String;)V
    return-void
.end method

.method public shape(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public static synthetic shape$default(Lk/Kotlin;Ljava/lang/String;ILjava/lang/String;)V
    .registers 4
    and-int/lit8 p2, p2, 0x1
    if-eqz p2, :given
    const-string p1, "a default"
    :given
    invoke-virtual {p0, p1}, Lk/Kotlin;->shape(Ljava/lang/String;)V
    return-void
.end method

.method public wide(JLjava/lang/String;I)V
    .registers 5
    return-void
.end method

.method public static synthetic wide$default(Lk/Kotlin;JLjava/lang/String;IILjava/lang/Object;)V
    .registers 7
    and-int/lit8 p5, p5, 0x4
    if-eqz p5, :given
    const/4 p4, 0x7
    :given
    invoke-virtual {p0, p1, p2, p3, p4}, Lk/Kotlin;->wide(JLjava/lang/String;I)V
    return-void
.end method

.method public static givesWide(Lk/Kotlin;)V
    .registers 8
    move-object v0, p0
    const-wide/16 v1, 0x7
    const-string v3, "behind a long"
    const/4 v4, 0x0
    const v5, 0x4
    const/4 v6, 0x0
    invoke-static/range {v0 .. v6}, Lk/Kotlin;->wide$default(Lk/Kotlin;JLjava/lang/String;IILjava/lang/Object;)V
    return-void
.end method
