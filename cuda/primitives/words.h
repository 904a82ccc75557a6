// The words that CUDA kernels are written in. Kernels use these and no inline assembly of their own, so one source serves
// two compilers: nvcc, for which a word is an instruction (ptx.h), and the host's, for which it is a twin on the emulator
// (emulator/words.h) that computes the same and refuses what the hardware forbids.
//
//   KERNEL(threads)         a kernel for blocks of `threads` threads: KERNEL(128) void add(AddArguments arguments) { … }
//   DEVICE                  a function that kernels call
//   UNROLL                  before a loop whose counter must be a constant in each turn, lest registers become memory
//   threadIndex, warpIndex, laneIndex, blockIndex, gridSize
//   sharedMemory<T>()       the block's dynamic shared memory, at a multiple of 1024 bytes
//   synchronize()           every thread of the block comes here before any goes on
//   shuffleXor(v, mask)     the value of lane `laneIndex() ^ mask`; all lanes of the warp take part
//   multiplyAdd(a, b, c)    a b + c in one instruction; the emulator, which has none so fast, rounds the product too
//   Half, Brain             16-bit floats as stored; toFloat(x) is exact, round<T>(x) goes to the nearest, ties to even
//   roundPair<T>(a, b)      round<T> of both, a in the lower half: a register of a fragment
//   copyAsync16(s, g, n)    later: the first n (0 to 16) bytes from global g, then zeros, to 16 bytes of shared memory at s;
//                           s and g at multiples of 16, and with n = 0 g is not looked at
//   commitCopies()          ends a group of the thread's copies
//   waitForCopies<left>()   all but the latest `left` groups have arrived; others see them after a synchronize()
//   loadMatrices(r, row)    four 8 x 8 matrices of 16-bit elements (ldmatrix.x4): lane l gives the 16 bytes of row l % 8 of
//                           matrix l / 8; r[i] becomes row l / 4, columns 2 (l % 4) and + 1 of matrix i
//   loadMatricesTransposed  the same of the transposes
//   multiplyAccumulate<T>(d, a, b)
//                           d[16 x 8] += a[16 x 16] b[16 x 8] in f32 (mma.m16n8k16). Of lane l, with g = l / 4, t = l % 4:
//                           a[i] holds row g + 8 (i % 2), columns 2 t + 8 (i / 2) and + 1; b[i] rows 2 t + 8 i and + 1 of
//                           column g; d[i] row g + 8 (i / 2), column 2 t + i % 2
#pragma once

#if defined(__CUDACC__)
#include "primitives/ptx.h"
#else
#include "emulator/words.h"
#endif
