// Three floats and the few things done with them. Basic operations and square roots only, so that every IEEE machine
// computes the same bits.
#pragma once
#include <cmath>

namespace counterpoint::scenes {

struct Vector {
  float x = 0, y = 0, z = 0;
};

inline Vector operator+(Vector a, Vector b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vector operator-(Vector a, Vector b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vector operator-(Vector a) { return {-a.x, -a.y, -a.z}; }
inline Vector operator*(Vector a, Vector b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
inline Vector operator*(Vector a, float s) { return {a.x * s, a.y * s, a.z * s}; }
inline float dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vector normalized(Vector a) { return a * (1.0f / std::sqrt(dot(a, a))); }
inline Vector mix(Vector a, Vector b, float t) { return a + (b - a) * t; }

// NaN becomes 0.
inline float clamp01(float value) { return value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f; }

inline float smoothstep(float low, float high, float value) {
  const float t = clamp01((value - low) / (high - low));
  return t * t * (3.0f - 2.0f * t);
}

}  // namespace counterpoint::scenes
