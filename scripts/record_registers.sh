#!/usr/bin/env bash
# Runs a CUDA compilation and writes what ptxas says of registers, stack and spills beside the object, as OBJECT.registers.
set -uo pipefail

object=
for ((i = 1; i <= $#; ++i)); do
  if [[ ${!i} == -o ]]; then
    next=$((i + 1))
    object=${!next}
  fi
done
log=$(mktemp)
"$@" 2>"$log"
status=$?
if [[ -n $object ]]; then
  grep -E "Compiling entry function|Used [0-9]+ registers|spill stores" "$log" >"$object.registers" || true
fi
grep -vE "ptxas info|bytes stack frame|^$" "$log" >&2 || true
rm -f "$log"
exit $status
