.class public Lc/Other;
.super Ljava/lang/Object;

.method public static same(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

