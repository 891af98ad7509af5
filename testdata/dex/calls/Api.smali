.class public Lc/Api;
.super Ljava/lang/Object;

.method public static partial(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static never(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static two(Ljava/lang/String;Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public static wide(JLjava/lang/String;ILjava/lang/String;)V
    .registers 5
    return-void
.end method

.method public static same(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static shown(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static twice(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static many(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

