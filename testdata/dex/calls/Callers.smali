.class public Lc/Callers;
.super Ljava/lang/Object;

.annotation system Ldalvik/annotation/InnerClass;
    accessFlags = 0x8
    name = "clientid"
.end annotation

.annotation runtime Lkotlin/Metadata;
    d2 = { "clientid" }
.end annotation

.annotation runtime Lc/Mark;
    value = "clientid"
.end annotation

.method public static reset()V
    .registers 4
    const-string v0, "none"
    invoke-static {v0}, Lc/Api;->partial(Ljava/lang/String;)V
    return-void
.end method

.method public static real(Ljava/lang/String;)V
    .registers 1
    invoke-static {p0}, Lc/Api;->partial(Ljava/lang/String;)V
    return-void
.end method

.method public static unknown(Ljava/lang/String;)V
    .registers 1
    invoke-static {p0}, Lc/Api;->never(Ljava/lang/String;)V
    return-void
.end method

.method public static pair(Ljava/lang/String;)V
    .registers 3
    const-string v0, "the tag"
    invoke-static {p0, v0}, Lc/Api;->two(Ljava/lang/String;Ljava/lang/String;)V
    const-string v1, "the id"
    invoke-static {v1, v0}, Lc/Api;->two(Ljava/lang/String;Ljava/lang/String;)V
    return-void
.end method

.method public static wide()V
    .registers 5
    const-wide/16 v0, 0x7
    const-string v2, "wide one"
    const/4 v3, 0x1
    const-string v4, "wide two"
    invoke-static/range {v0 .. v4}, Lc/Api;->wide(JLjava/lang/String;ILjava/lang/String;)V
    return-void
.end method

.method public static sames()V
    .registers 4
    const-string v0, "the same"
    invoke-static {v0}, Lc/Api;->same(Ljava/lang/String;)V
    const-string v0, "the same"
    invoke-static {v0}, Lc/Other;->same(Ljava/lang/String;)V
    return-void
.end method

.method public static twice()V
    .registers 4
    const-string v0, "one value"
    invoke-static {v0}, Lc/Api;->twice(Ljava/lang/String;)V
    const-string v1, "one value"
    invoke-static {v1}, Lc/Api;->twice(Ljava/lang/String;)V
    return-void
.end method

.method public static many()V
    .registers 4
    const-string v0, "first value"
    invoke-static {v0}, Lc/Api;->many(Ljava/lang/String;)V
    const-string v1, "second value"
    invoke-static {v1}, Lc/Api;->many(Ljava/lang/String;)V
    return-void
.end method

.method public static inherits(Lc/Base;Lc/Sub;Lc/Over;)V
    .registers 5
    const-string v0, "kept by base"
    invoke-virtual {p0, v0}, Lc/Base;->kept(Ljava/lang/String;)V
    invoke-virtual {p1, v0}, Lc/Sub;->kept(Ljava/lang/String;)V
    const-string v1, "kept by over"
    invoke-virtual {p2, v1}, Lc/Over;->kept(Ljava/lang/String;)V
    return-void
.end method

.method public static names()V
    .registers 4
    const-string v0, "clientid"
    invoke-static {v0}, Lc/Api;->shown(Ljava/lang/String;)V
    return-void
.end method

