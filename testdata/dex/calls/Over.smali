.class public Lc/Over;
.super Lc/Base;

.method public constructor <init>()V
    .registers 1
    invoke-direct {p0}, Lc/Base;-><init>()V
    return-void
.end method

.method public kept(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

