#!/bin/sh
# Written by `inject hook xcode`: puts the client credentials of the environment into the app before Xcode signs it.
#
# Where it goes: inject-xcode.sh beside the project. Target > Build Phases > + > New Run Script Phase, behind "Copy Bundle
# Resources" and every phase that embeds something:
#     script               "$SRCROOT/inject-xcode.sh"
#     input file lists     $(SRCROOT)/inject-xcode-inputs.xcfilelist
#     output file lists    none
#     "Based on dependency analysis"   off: the phase runs at every build, takes milliseconds, and changes nothing where the
#                                      environment is the same. So no switch of the environment is ever skipped.
#
# The environment: the build setting INJECT_ENV (of a configuration or an .xcconfig), else the active one (`inject env use`).
# Nothing is signed here; Xcode signs afterwards, as always. INJECT_PROGRAM, a build setting too, is the path of inject.
set -eu

if [ -z "${TARGET_BUILD_DIR:-}" ] || [ -z "${WRAPPER_NAME:-}" ]; then
    echo "error: inject-xcode.sh is for a Run Script phase of an app: TARGET_BUILD_DIR and WRAPPER_NAME are not set" >&2
    exit 2
fi
# Xcode does not read the profile of a shell: these are the places where programs are.
PATH="$PATH:/opt/homebrew/bin:/usr/local/bin:${HOME:-}/.cargo/bin"
export PATH
program="${INJECT_PROGRAM:-inject}"
if ! command -v "$program" >/dev/null 2>&1; then
    echo "error: inject is not installed, or not where it is looked for: $PATH. Set the build setting INJECT_PROGRAM" >&2
    exit 2
fi

set -- "$TARGET_BUILD_DIR/$WRAPPER_NAME"@@WORDS@@ --unsigned
[ -z "${INJECT_ENV:-}" ] || set -- "$@" --env "$INJECT_ENV"
cd "${SRCROOT:-.}"
status=0
said=$("$program" "$@" 2>&1) || status=$?
# Xcode shows what begins with "error:" or "warning:" in its list of issues.
printf '%s\n' "$said" | sed -e 's/^error /error: /' -e 's/^finding /error: /' -e 's/^warning /warning: /'
exit "$status"
