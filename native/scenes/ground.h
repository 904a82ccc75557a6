// Patterns of the ground: linear colour at a point of the plane.
#pragma once
#include <cmath>
#include <cstdint>

#include "scenes/vector.h"

namespace counterpoint::scenes {

enum class GroundKind { gray, sandy, checkered, wooden, grassy };

// Uniform in 0 .. 1 for each lattice point ("lowbias32", as in lib/data/draws.ts).
inline float latticeNoise(int column, int row) {
  uint32_t x = static_cast<uint32_t>(column) * 0x9e3779b9u ^ static_cast<uint32_t>(row) * 0x85ebca6bu;
  x = (x ^ x >> 16) * 0x7feb352du;
  x = (x ^ x >> 15) * 0x846ca68bu;
  return static_cast<float>((x ^ x >> 16) >> 8) * (1.0f / 16777216.0f);
}

// Value noise: smooth between lattice points, 0 .. 1.
inline float smoothNoise(float x, float y) {
  const float column = std::floor(x), row = std::floor(y);
  const int i = static_cast<int>(column), j = static_cast<int>(row);
  const float u = smoothstep(0.0f, 1.0f, x - column), v = smoothstep(0.0f, 1.0f, y - row);
  const float top = latticeNoise(i, j) + (latticeNoise(i + 1, j) - latticeNoise(i, j)) * u;
  const float bottom = latticeNoise(i, j + 1) + (latticeNoise(i + 1, j + 1) - latticeNoise(i, j + 1)) * u;
  return top + (bottom - top) * v;
}

struct Ground {
  GroundKind kind;
  Vector colour, second;
  float cosine, sine;

  Vector mean() const { return mix(colour, second, 0.5f); }

  Vector colourAt(float worldX, float worldY) const {
    const float x = worldX * cosine + worldY * sine, y = worldY * cosine - worldX * sine;
    switch (kind) {
      case GroundKind::checkered: {
        const int square = static_cast<int>(std::floor(x * 0.8f)) + static_cast<int>(std::floor(y * 0.8f));
        return square & 1 ? second : colour;
      }
      case GroundKind::wooden: {
        const float across = y * 1.1f;
        const float plank = std::floor(across);
        const float grain = smoothNoise(x * 0.7f + plank * 17.0f, across * 9.0f);
        const float seam = across - plank < 0.05f ? 0.6f : 1.0f;
        return mix(colour, second, 0.6f * latticeNoise(static_cast<int>(plank), 7) + 0.4f * grain) * seam;
      }
      case GroundKind::grassy:
        return mix(colour, second, 0.5f * smoothNoise(x * 1.5f, y * 1.5f) + 0.5f * smoothNoise(x * 9.0f, y * 6.0f));
      case GroundKind::sandy:
        return mix(colour, second, 0.6f * smoothNoise(x * 1.1f, y * 2.6f) + 0.4f * smoothNoise(x * 12.0f, y * 12.0f));
      case GroundKind::gray:
        break;
    }
    return mix(colour, second, smoothNoise(x * 0.8f, y * 0.8f));
  }
};

}  // namespace counterpoint::scenes
