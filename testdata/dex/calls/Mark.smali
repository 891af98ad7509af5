.class public interface abstract annotation Lc/Mark;
.super Ljava/lang/Object;
.implements Ljava/lang/annotation/Annotation;

.annotation system Ldalvik/annotation/AnnotationDefault;
    value = .subannotation Lc/Mark;
        value = "clientid"
    .end subannotation
.end annotation

.method public abstract value()Ljava/lang/String;
.end method
