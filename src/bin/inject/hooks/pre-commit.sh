#!/bin/sh
# Written by `inject hook pre-commit`: no commit holds a Client Id or secret that the store of this machine knows, in any of
# the encodings that `inject scan` knows, in archives and compressed files too; nor one of the files in which GeneXus leaves passwords
# and credentials of GAM (InputParms.json, OutputParms.json, connection.gam, applications.gam), known ones or not.
#
# Where it goes: the file pre-commit in git's folder for hooks (git rev-parse --git-path hooks), executable. Where there is
# a hook already, add the last line to it instead.
#
# What is known is what this machine obtained or was given (inject credential list). `git commit --no-verify` goes past it.
if ! command -v inject >/dev/null 2>&1; then
    echo "inject is not on the PATH, so this commit was not searched for credentials; it was stopped (pre-commit hook)" >&2
    exit 1
fi
exec inject scan --staged
