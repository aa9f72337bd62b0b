#!/usr/bin/env bash
# Prints the registers, stack and spills of every kernel of a CUDA build, most registers first: kernel_registers.sh BUILD
set -euo pipefail

build=${1:?usage: kernel_registers.sh BUILD}
find "$build/" -name '*.registers' -exec cat {} + |
  awk '/Compiling entry function/ { split($0, q, "\x27"); name = q[2]; arch = q[4] }
       /bytes stack frame/ { stack = $1; spills = $5 }
       /Used [0-9]+ registers/ { for (i = 1; i < NF; ++i) if ($i == "Used") print $(i + 1), stack, spills, arch, name }' |
  c++filt |
  sed -E 's/void bdglm::cuda::for_each_kernel<//; s/\(anonymous namespace\):://g; s/bdglm::cuda:://g' |
  sort -k4,4 -k1,1nr |
  awk 'BEGIN { printf "%9s %6s %7s %-7s %s\n", "registers", "stack", "spills", "arch", "kernel" }
       { line = $5; for (i = 6; i <= NF; ++i) line = line " " $i; sub(/\(.*\{lambda/, " {lambda", line)
         printf "%9s %6s %7s %-7s %s\n", $1, $2, $3, $4, substr(line, 1, 90) }'
