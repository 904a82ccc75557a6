// The names of the weight layouts that this folder keeps through Context::packed.
#pragma once
#include <cstdint>

namespace counterpoint::COUNTERPOINT_ISA {

enum class Packing : uint32_t {
  forward = 0x100,             // panels of w [taps, K, N]
  transposed = 0x101,          // panels of the transpose of w [K, N]
  winograd = 0x102,            // panels of the 36 matrices that Winograd's F(4x4, 3x3) makes of w [3, 3, K, N]
  winogradTransposed = 0x103,  // the same of w turned by 180 degrees and transposed
  strictWinograd = 0x104,      // panels of the 16 matrices of F(2x2, 3x3)
  pairs = 0x105,               // panels of pairs of w [taps, K, N] in bf16
  winogradPhase = 0x108,       // + 0 to 3: panels of the 25 matrices of F(4x4, 2x2) for one phase of a doubled image
  split = 0x80000000,          // + depth of the first source: as forward, but for each of two sources apart
  splitPairs = 0xc0000000,     // the same as pairs
  byParity = 0x1000,  // + 256 stride + 16 padTop + padLeft: panels of w's transpose, taps grouped by input position
};

}  // namespace counterpoint::COUNTERPOINT_ISA
