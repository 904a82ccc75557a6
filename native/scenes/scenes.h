// Ray-cast pictures of procedural scenes: colour, exact instances, exact depth.
//
// World: x right, y away, z up, ground at z = 0. The camera looks along +y tilted down by its pitch; pixel centre (u, v)
// in 0 .. 1 has the ray  position + t (forward + right (u - 1/2) / focal + up (1/2 - v) / focal),  whose parameter t is
// the depth, the distance along the camera's axis.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace counterpoint::scenes {

constexpr int maxObjects = 4;
constexpr int maxPictureSize = 1024;

// A packed scene, field by field as lib/data/scene-pack.ts documents and writes it.
struct ObjectDescription {
  float shape;     // 0 sphere, 1 cube, 2 cylinder
  float material;  // 0 rubber, 1 metal
  float x, y;
  float radius, halfHeight;
  float yawCosine, yawSine;
  float colour[3];  // linear
};

struct SceneDescription {
  float version;
  float objectCount;
  float camera[3];
  float pitchCosine, pitchSine;
  float focal;
  float nearDepth;
  float groundEnd;
  float light[3];  // unit vector to the light
  float lightColour[3];
  float lightSpread;  // tangent of half its angle
  float ambient[3];
  float ground;  // 0 gray, 1 sandy, 2 checkered, 3 wooden, 4 grassy
  float groundColour[3];
  float groundSecond[3];
  float groundCosine, groundSine;
  float skyHorizon[3];
  float skyZenith[3];
  ObjectDescription objects[maxObjects];
};

constexpr size_t packedSceneLength = 35 + 11 * maxObjects;
static_assert(sizeof(ObjectDescription) == 11 * sizeof(float), "layout of scene-pack.ts");
static_assert(sizeof(SceneDescription) == packedSceneLength * sizeof(float), "layout of scene-pack.ts");

// What is wrong with a description, or "" where it can be rendered: every field finite and in its range, vectors of unit
// length, codes known, unused objects zero.
std::string faultOf(const SceneDescription& scene);

// One picture's outputs, size x size each, rows from the top. Null pointers are skipped.
struct Picture {
  uint8_t* rgb = nullptr;        // 3 a pixel; mean of 2x2 rays, value = square root of linear light
  uint8_t* instances = nullptr;  // 0 surroundings, otherwise the object's number from 1; pixel centre
  float* depth = nullptr;        // min(1, nearDepth / depth), the sky 0; pixel centre
};

// Renders rows [firstRow, endRow) of a scene without a fault. Pixels depend on nothing but the scene and `size`
// (1 .. maxPictureSize).
void renderRows(const SceneDescription& scene, int size, int firstRow, int endRow, const Picture& picture);

}  // namespace counterpoint::scenes
