.class public Lcom/example/demo/MainApplication;
.super Landroid/app/Application;

.method public constructor <init>()V
    .registers 1
    invoke-direct {p0}, Landroid/app/Application;-><init>()V
    return-void
.end method

.method public onCreate()V
    .registers 3
    invoke-super {p0}, Landroid/app/Application;->onCreate()V
    const-string v0, "placeholder-in-dex"
    invoke-virtual {p0, v0}, Lcom/example/demo/MainApplication;->setClientId(Ljava/lang/String;)V
    const-string v0, "https://dev.example.com/demo"
    invoke-virtual {p0, v0}, Lcom/example/demo/MainApplication;->setApiUri(Ljava/lang/String;)V
    return-void
.end method

.method public setClientId(Ljava/lang/String;)V
    .registers 2
    return-void
.end method

.method public setApiUri(Ljava/lang/String;)V
    .registers 2
    return-void
.end method
