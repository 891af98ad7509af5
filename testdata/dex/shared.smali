# One constant in a register and several readers: each method is one situation. Main prints what everybody reads.
.class public LMain;
.super Ljava/lang/Object;

.field public static held:Ljava/lang/String;

.method public static setClientId(Ljava/lang/String;)V
    .registers 2
    const-string v0, "set "
    invoke-static {v0, p0}, LMain;->say(Ljava/lang/String;Ljava/lang/String;)V
    return-void
.end method

.method public static setLoginObject(Ljava/lang/String;)V
    .registers 2
    const-string v0, "login "
    invoke-static {v0, p0}, LMain;->say(Ljava/lang/String;Ljava/lang/String;)V
    return-void
.end method

.method public static give(Ljava/lang/String;)Ljava/lang/String;
    .registers 2
    const-string v0, "give "
    invoke-static {v0, p0}, LMain;->say(Ljava/lang/String;Ljava/lang/String;)V
    const-string v0, "given"
    return-object v0
.end method

.method public static both(Ljava/lang/String;Ljava/lang/String;)V
    .registers 3
    const-string v0, "first "
    invoke-static {v0, p0}, LMain;->say(Ljava/lang/String;Ljava/lang/String;)V
    const-string v0, "second "
    invoke-static {v0, p1}, LMain;->say(Ljava/lang/String;Ljava/lang/String;)V
    return-void
.end method

.method public static fail(Ljava/lang/String;)V
    .registers 2
    const-string v0, "fail "
    invoke-static {v0, p0}, LMain;->say(Ljava/lang/String;Ljava/lang/String;)V
    new-instance v0, Ljava/lang/RuntimeException;
    invoke-direct {v0}, Ljava/lang/RuntimeException;-><init>()V
    throw v0
.end method

.method public static say(Ljava/lang/String;Ljava/lang/String;)V
    .registers 4
    sget-object v0, Ljava/lang/System;->out:Ljava/io/PrintStream;
    invoke-virtual {p0, p1}, Ljava/lang/String;->concat(Ljava/lang/String;)Ljava/lang/String;
    move-result-object v1
    invoke-virtual {v0, v1}, Ljava/io/PrintStream;->println(Ljava/lang/String;)V
    return-void
.end method

.method public static alone(I)V
    .registers 2
    const-string v0, "read alone"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    return-void
.end method

.method public static empty(I)V
    .registers 2
    const-string v0, ""
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    return-void
.end method

.method public static oneForThree(I)V
    .registers 2
    .line 10
    const-string v0, "three"
    .line 11
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    .line 12
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    .line 13
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static twiceAndAnother(I)V
    .registers 2
    const-string/jumbo v0, "twice"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static twice(I)V
    .registers 2
    const-string v0, "only twice"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    return-void
.end method

.method public static last(I)V
    .registers 2
    const-string v0, "last"
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    return-void
.end method

.method public static copied(I)V
    .registers 4
    const-string v0, "copied"
    move-object v1, v0
    move-object/from16 v2, v1
    check-cast v2, Ljava/lang/String;
    invoke-static {v2}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static copyOutlives(I)V
    .registers 3
    const-string v0, "outlives"
    move-object v1, v0
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static {v1}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static either(I)V
    .registers 2
    if-eqz p0, :other
    const-string v0, "this or"
    goto :call
    :other
    const-string v0, "that"
    :call
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    return-void
.end method

.method public static eitherAndAnother(I)V
    .registers 2
    if-eqz p0, :other
    const-string v0, "left"
    goto :call
    :other
    const-string v0, "right"
    :call
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static replacedOnOnePath(I)V
    .registers 2
    const-string v0, ""
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    if-eqz p0, :call
    const-string v0, "on one path"
    :call
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    return-void
.end method

.method public static copyOnOnePath(I)V
    .registers 3
    const-string v0, "by default"
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    if-eqz p0, :other
    const-string v1, "chosen"
    goto :call
    :other
    move-object v1, v0
    :call
    invoke-static {v1}, LMain;->setClientId(Ljava/lang/String;)V
    return-void
.end method

.method public static loop(I)V
    .registers 4
    const/4 v1, 0x0
    const/4 v2, 0x3
    const-string v0, "in a loop"
    :next
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    add-int/lit8 v1, v1, 0x1
    if-lt v1, v2, :next
    return-void
.end method

.method public static loopAround(I)V
    .registers 4
    const/4 v1, 0x0
    const/4 v2, 0x2
    const-string v0, "around"
    goto :in
    :next
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    :in
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    add-int/lit8 v1, v1, 0x1
    if-lt v1, v2, :next
    return-void
.end method

.method public static branchToCall(I)V
    .registers 2
    const-string v0, "branched"
    if-eqz p0, :call
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    :call
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    if-eqz p0, :end
    :behind
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    :end
    return-void
.end method

.method public static intoField(I)V
    .registers 2
    const-string v0, "into a field"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    sput-object v0, LMain;->held:Ljava/lang/String;
    sget-object v0, LMain;->held:Ljava/lang/String;
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static returned(I)Ljava/lang/String;
    .registers 2
    const-string v0, "returned"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    return-object v0
.end method

.method public static intoArray(I)V
    .registers 5
    const-string v0, "into an array"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    const/4 v1, 0x1
    new-array v2, v1, [Ljava/lang/String;
    const/4 v1, 0x0
    aput-object v0, v2, v1
    aget-object v3, v2, v1
    invoke-static {v3}, LMain;->setLoginObject(Ljava/lang/String;)V
    filled-new-array {v0, v0}, [Ljava/lang/String;
    move-result-object v2
    aget-object v3, v2, v1
    invoke-static {v3}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static range(I)V
    .registers 4
    const-string v0, "range"
    move-object v1, v0
    invoke-static/range {v0 .. v1}, LMain;->both(Ljava/lang/String;Ljava/lang/String;)V
    invoke-static/range {v0 .. v0}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static/range {v0 .. v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static far(I)V
    .registers 302
    const-string v0, "far"
    move-object/16 v300, v0
    invoke-static/range {v300 .. v300}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static/range {v300 .. v300}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static sameTwice(I)V
    .registers 2
    const-string v0, "same twice"
    invoke-static {v0, v0}, LMain;->both(Ljava/lang/String;Ljava/lang/String;)V
    return-void
.end method

.method public static resultInto(I)V
    .registers 2
    const-string v0, "result into"
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->give(Ljava/lang/String;)Ljava/lang/String;
    move-result-object v0
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static resultBeside(I)V
    .registers 3
    const-string v0, "result beside"
    invoke-static {v0}, LMain;->give(Ljava/lang/String;)Ljava/lang/String;
    move-result-object v1
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    invoke-static {v1}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static handlerReads(I)V
    .registers 2
    const-string v0, "handler reads"
    :start
    invoke-static {v0}, LMain;->fail(Ljava/lang/String;)V
    :end
    .catchall {:start .. :end} :handler
    return-void
    :handler
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static handlerReadsNothing(I)V
    .registers 3
    const-string v0, "handler apart"
    const/4 v1, 0x1
    :start
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    div-int/2addr v1, p0
    :end
    .catch Ljava/lang/ArithmeticException; {:start .. :end} :handler
    return-void
    :handler
    move-exception v0
    const-string v0, "in the handler"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    return-void
.end method

.method public static handlerOfOthers(I)V
    .registers 3
    const-string v0, "behind the call"
    const/4 v1, 0x1
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    :start
    div-int/2addr v1, p0
    :end
    .catch Ljava/lang/ArithmeticException; {:start .. :end} :handler
    return-void
    :handler
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static asked(I)V
    .registers 2
    const-string v0, "asked for null"
    if-eqz v0, :end
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    :end
    return-void
.end method

.method public static monitor(I)V
    .registers 2
    const-string v0, "monitor"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    monitor-enter v0
    monitor-exit v0
    return-void
.end method

.method public static compared(I)V
    .registers 4
    const-string v0, "compared"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    const-string v1, "compared"
    if-ne v0, v1, :end
    const-string v2, "the same"
    invoke-static {v2}, LMain;->setLoginObject(Ljava/lang/String;)V
    :end
    return-void
.end method

.method public static payloads(I)V
    .registers 5
    const-string v0, "payloads"
    packed-switch p0, :packed
    goto :call
    :one
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    :call
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    const/4 v1, 0x3
    new-array v2, v1, [I
    fill-array-data v2, :data
    sparse-switch p0, :sparse
    return-void
    :seven
    const/4 v1, 0x2
    aget v1, v2, v1
    invoke-static {v1}, Ljava/lang/String;->valueOf(I)Ljava/lang/String;
    move-result-object v1
    invoke-static {v1}, LMain;->setLoginObject(Ljava/lang/String;)V
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
    :packed
    .packed-switch 0x0
        :one
        :call
    .end packed-switch
    :data
    .array-data 4
        0x1a
        0x1b
        0x7
    .end array-data
    :sparse
    .sparse-switch
        0x0 -> :seven
        0x1 -> :seven
    .end sparse-switch
.end method

.method public static unknown(I)V
    .registers 3
    const-string v0, "known"
    if-eqz p0, :call
    sget-object v0, LMain;->held:Ljava/lang/String;
    :call
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    const-string v1, "beside the unknown"
    invoke-static {v1}, LMain;->setClientId(Ljava/lang/String;)V
    return-void
.end method

.method public static neverRun(I)V
    .registers 2
    const-string v0, "run"
    goto :end
    const-string v0, "never run"
    invoke-static {v0}, LMain;->setClientId(Ljava/lang/String;)V
    :end
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    return-void
.end method

.method public static all(I)V
    .registers 2
    invoke-static {p0}, LMain;->alone(I)V
    invoke-static {p0}, LMain;->empty(I)V
    invoke-static {p0}, LMain;->oneForThree(I)V
    invoke-static {p0}, LMain;->twiceAndAnother(I)V
    invoke-static {p0}, LMain;->twice(I)V
    invoke-static {p0}, LMain;->last(I)V
    invoke-static {p0}, LMain;->copied(I)V
    invoke-static {p0}, LMain;->copyOutlives(I)V
    invoke-static {p0}, LMain;->either(I)V
    invoke-static {p0}, LMain;->eitherAndAnother(I)V
    invoke-static {p0}, LMain;->replacedOnOnePath(I)V
    invoke-static {p0}, LMain;->copyOnOnePath(I)V
    invoke-static {p0}, LMain;->loop(I)V
    invoke-static {p0}, LMain;->loopAround(I)V
    invoke-static {p0}, LMain;->branchToCall(I)V
    invoke-static {p0}, LMain;->intoField(I)V
    invoke-static {p0}, LMain;->returned(I)Ljava/lang/String;
    move-result-object v0
    invoke-static {v0}, LMain;->setLoginObject(Ljava/lang/String;)V
    invoke-static {p0}, LMain;->intoArray(I)V
    invoke-static {p0}, LMain;->range(I)V
    invoke-static {p0}, LMain;->far(I)V
    invoke-static {p0}, LMain;->sameTwice(I)V
    invoke-static {p0}, LMain;->resultInto(I)V
    invoke-static {p0}, LMain;->resultBeside(I)V
    invoke-static {p0}, LMain;->handlerReads(I)V
    invoke-static {p0}, LMain;->handlerReadsNothing(I)V
    invoke-static {p0}, LMain;->handlerOfOthers(I)V
    invoke-static {p0}, LMain;->asked(I)V
    invoke-static {p0}, LMain;->monitor(I)V
    invoke-static {p0}, LMain;->compared(I)V
    invoke-static {p0}, LMain;->payloads(I)V
    invoke-static {p0}, LMain;->unknown(I)V
    invoke-static {p0}, LMain;->neverRun(I)V
    return-void
.end method

.method public static main([Ljava/lang/String;)V
    .registers 2
    const/4 v0, 0x0
    invoke-static {v0}, LMain;->all(I)V
    const/4 v0, 0x1
    invoke-static {v0}, LMain;->all(I)V
    return-void
.end method
