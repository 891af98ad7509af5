.class public Lc/Fields;
.super Ljava/lang/Object;

.field public static final NUMBER:I = 0x5
.field public static final ENCODED:Ljava/lang/String; = "an encoded value"
.field public static COMPUTED:Ljava/lang/String;
.field public static LOGGED:Ljava/lang/String; = "logged too"
.field public static WRITTEN:Ljava/lang/String; = "written elsewhere"

.method static constructor <clinit>()V
    .registers 1
    const-string v0, "set by the class"
    sput-object v0, Lc/Fields;->COMPUTED:Ljava/lang/String;
    invoke-static {v0}, Lc/Api;->shown(Ljava/lang/String;)V
    return-void
.end method

.method private static helper()Ljava/lang/String;
    .registers 1
    const-string v0, "from a helper"
    return-object v0
.end method

.method private static busy()Ljava/lang/String;
    .registers 1
    const-string v0, "from a busy one"
    return-object v0
.end method

.method public static calls(Ljava/lang/String;)V
    .registers 3
    sget-object v0, Lc/Fields;->ENCODED:Ljava/lang/String;
    invoke-static {v0}, Lc/Fields;->encoded(Ljava/lang/String;)V
    sget-object v0, Lc/Fields;->COMPUTED:Ljava/lang/String;
    invoke-static {v0}, Lc/Fields;->computed(Ljava/lang/String;)V
    invoke-static {v0}, Lc/Fields;->computed(Ljava/lang/String;)V
    sget-object v0, Lc/Fields;->LOGGED:Ljava/lang/String;
    invoke-static {v0}, Lc/Fields;->logged(Ljava/lang/String;)V
    invoke-static {v0}, Lc/Api;->shown(Ljava/lang/String;)V
    sput-object p0, Lc/Fields;->WRITTEN:Ljava/lang/String;
    sget-object v0, Lc/Fields;->WRITTEN:Ljava/lang/String;
    invoke-static {v0}, Lc/Fields;->written(Ljava/lang/String;)V
    invoke-static {}, Lc/Fields;->helper()Ljava/lang/String;
    move-result-object v1
    invoke-static {v1}, Lc/Fields;->helped(Ljava/lang/String;)V
    invoke-static {}, Lc/Fields;->busy()Ljava/lang/String;
    move-result-object v1
    invoke-static {v1}, Lc/Fields;->busily(Ljava/lang/String;)V
    invoke-static {}, Lc/Fields;->busy()Ljava/lang/String;
    move-result-object v1
    invoke-static {v1}, Lc/Api;->shown(Ljava/lang/String;)V
    return-void
.end method

.method public static encoded(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static computed(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static logged(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static written(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static helped(Ljava/lang/String;)V
    .registers 1
    return-void
.end method

.method public static busily(Ljava/lang/String;)V
    .registers 1
    return-void
.end method
