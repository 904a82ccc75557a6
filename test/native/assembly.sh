#!/bin/sh
# What the compiler made of the kernels of one instruction set: usage assembly.sh libkernels-avx2.a avx2
# 1. No weak symbols but its own: the linker would be free to take this copy of a shared inline function for plainer CPUs too.
# 2. No vector register of the micro-kernels lives on the stack: g++ loses half their speed where it spills.
#    (vmovq moves a pointer.)
weak=$(nm -C "$1" | grep ' W ' | grep -v "counterpoint::$2")
spills=$(objdump -d --no-show-raw-insn "$1" | awk '/^[0-9a-f]+ </ {name = $2}
  name ~ /8multiplyILi|15multiplyRaisingILi|18multiplyTransposedILi/ && /\(%[re]?sp/ && /[xyz]mm/ && !/vmovq/ {print name, $0}')
[ -n "$weak" ] && echo "weak symbols:" && echo "$weak"
[ -n "$spills" ] && echo "spills:" && echo "$spills"
[ -z "$weak$spills" ]
