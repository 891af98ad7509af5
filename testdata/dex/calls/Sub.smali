.class public Lc/Sub;
.super Lc/Base;

.method public constructor <init>()V
    .registers 1
    invoke-direct {p0}, Lc/Base;-><init>()V
    return-void
.end method

