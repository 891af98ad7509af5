# Every structure of a dex file that names a string.
.class public Lapp/Main;
.super Ljava/lang/Object;
.implements Ljava/lang/Runnable;
.source "Main.java"

.annotation system Ldalvik/annotation/Signature;
    value = { "Ljava/lang/Object;", "shared", "b-value" }
.end annotation

.annotation runtime Lapp/Mark;
    alpha = "annotated"
    beta = .subannotation Lapp/Mark;
        gamma = { "deep", 0x7, null, true, 1.5f }
    .end subannotation
.end annotation

.field public static final ID:Ljava/lang/String; = "static-value"
.field public static final SAME:Ljava/lang/String; = "shared"
.field public static final NUMBER:J = 0x123456789L
.field private text:Ljava/lang/String;
    .annotation runtime Lapp/Mark;
        alpha = "on a field"
    .end annotation
.end field

.method public constructor <init>()V
    .registers 1
    .prologue
    .line 3
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    return-void
.end method

.method public setClientId(Ljava/lang/String;)V
    .registers 2
    .param p1, "clientId"    # Ljava/lang/String;
        .annotation runtime Lapp/Mark;
            alpha = "on a parameter"
        .end annotation
    .end param
    return-void
.end method

.method public static setTwo(JLjava/lang/String;Ljava/lang/String;)V
    .registers 4
    return-void
.end method

.method public run()V
    .registers 8
    .annotation runtime Lapp/Mark;
        alpha = "on a method"
    .end annotation
    .line 10
    const-string v0, "client-dev"
    .local v0, "id":Ljava/lang/String;, "signature-of-id"
    move-object v1, v0
    move-object/from16 v2, v1
    check-cast v2, Ljava/lang/String;
    invoke-virtual {p0, v2}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    .end local v0
    .restart local v0
    .source "Other.java"
    const-string/jumbo v3, "client-jumbo"
    invoke-virtual/range {p0 .. p0}, Lapp/Main;->none()V
    invoke-virtual {p0, v3}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    const-wide/16 v0, 0x5
    const-string v2, "first"
    const-string v3, "second"
    invoke-static/range {v0 .. v3}, Lapp/Main;->setTwo(JLjava/lang/String;Ljava/lang/String;)V
    const-string v4, "b-value"
    return-void
.end method

.method public none()V
    .registers 1
    return-void
.end method

.method public unknown(ILjava/lang/String;)V
    .registers 7
    .line 30
    invoke-virtual {p0, p2}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    const-string v0, "shared"
    if-eqz p1, :joined
    const-string v0, "one branch"
    :joined
    invoke-virtual {p0, v0}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    const-string v0, "overwritten"
    iget-object v0, p0, Lapp/Main;->text:Ljava/lang/String;
    invoke-virtual {p0, v0}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    const-string v1, "half of a long"
    const-wide/16 v0, 0x1
    invoke-virtual {p0, v1}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    const-string v0, "before the switch"
    packed-switch p1, :table
    invoke-virtual {p0, v0}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    goto :end
    :case
    invoke-virtual {p0, v0}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    :try_start
    const-string v0, "in try"
    invoke-virtual {p0, v0}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    :try_end
    .catch Ljava/lang/Exception; {:try_start .. :try_end} :handler
    .catchall {:try_start .. :try_end} :handler
    :end
    return-void
    :handler
    invoke-virtual {p0, v0}, Lapp/Main;->setClientId(Ljava/lang/String;)V
    return-void
    :table
    .packed-switch 0x1
        :case
        :case
    .end packed-switch
.end method

.method public payloads(I)V
    .registers 4
    const/4 v0, 0x3
    new-array v0, v0, [I
    fill-array-data v0, :data
    sparse-switch p1, :sparse
    const-string v1, "after payload users"
    return-void
    :one
    return-void
    :data
    .array-data 4
        0x1a001a
        0x1b001b
        0x3
    .end array-data
    :sparse
    .sparse-switch
        0x1a -> :one
        0x1b -> :one
    .end sparse-switch
.end method

.method public custom()V
    .registers 4
    invoke-custom {}, site1("dynamicName", ()V, "site-argument", 0x5)@Lapp/Main;->bootstrap(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;Ljava/lang/String;I)Ljava/lang/invoke/CallSite;
    return-void
.end method

.method public static bootstrap(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;Ljava/lang/String;I)Ljava/lang/invoke/CallSite;
    .registers 6
    const/4 v0, 0x0
    return-object v0
.end method
