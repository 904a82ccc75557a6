// Checks packed scenes and turns them into pictures, pixel by pixel: one ray at the centre for instances and depth, 2x2
// for colour.
#include "scenes/scenes.h"

#include <cmath>

#include "scenes/world.h"

namespace counterpoint::scenes {

namespace {

bool within(float value, float low, float high) { return value >= low && value <= high; }  // false for NaN

bool allWithin(const float* values, int count, float low, float high) {
  for (int i = 0; i < count; ++i) {
    if (!within(values[i], low, high)) return false;
  }
  return true;
}

bool isCode(float value, int count) { return within(value, 0.0f, static_cast<float>(count - 1)) && value == std::floor(value); }

bool isUnit(float a, float b, float c = 0.0f) { return within(a * a + b * b + c * c, 0.999f, 1.001f); }

std::string objectFault(const ObjectDescription& object) {
  if (!isCode(object.shape, 3)) return "shape is not 0, 1 or 2";
  if (!isCode(object.material, 2)) return "material is not 0 or 1";
  if (!within(object.x, -100, 100) || !within(object.y, -100, 100)) return "x or y is not in -100 .. 100";
  if (!within(object.radius, 0.01f, 10) || !within(object.halfHeight, 0.01f, 10)) {
    return "radius or half height is not in 0.01 .. 10";
  }
  if (object.shape == 0.0f && object.radius != object.halfHeight) return "a sphere's half height is not its radius";
  if (!isUnit(object.yawCosine, object.yawSine)) return "cosine and sine of yaw are not of unit length";
  if (!allWithin(object.colour, 3, 0, 1)) return "colour is not in 0 .. 1";
  return "";
}

uint8_t toByte(float linear) { return static_cast<uint8_t>(std::sqrt(clamp01(linear)) * 255.0f + 0.5f); }

}  // namespace

std::string faultOf(const SceneDescription& scene) {
  if (scene.version != 1.0f) return "layout version is not 1";
  if (!isCode(scene.objectCount, maxObjects + 1) || scene.objectCount < 1.0f) return "number of objects is not in 1 .. 4";
  if (!allWithin(scene.camera, 2, -100, 100) || !within(scene.camera[2], 0.01f, 100)) return "camera is out of range";
  if (!isUnit(scene.pitchCosine, scene.pitchSine)) return "cosine and sine of the pitch are not of unit length";
  if (!within(scene.focal, 0.2f, 20)) return "focal length is not in 0.2 .. 20";
  if (!within(scene.nearDepth, 0.01f, 100)) return "near depth is not in 0.01 .. 100";
  if (!within(scene.groundEnd, 1, 200)) return "end of the ground is not in 1 .. 200";
  if (!allWithin(scene.light, 3, -1, 1) || !isUnit(scene.light[0], scene.light[1], scene.light[2]) ||
      scene.light[2] < 0.1f) {
    return "light is not a unit vector at least 0.1 above the ground";
  }
  if (!allWithin(scene.lightColour, 3, 0, 10) || !allWithin(scene.ambient, 3, 0, 10)) return "light is not in 0 .. 10";
  if (!within(scene.lightSpread, 0, 1)) return "spread of the light is not in 0 .. 1";
  if (!isCode(scene.ground, 5)) return "ground is not in 0 .. 4";
  if (!allWithin(scene.groundColour, 3, 0, 1) || !allWithin(scene.groundSecond, 3, 0, 1)) {
    return "colour of the ground is not in 0 .. 1";
  }
  if (!isUnit(scene.groundCosine, scene.groundSine)) return "cosine and sine of the ground are not of unit length";
  if (!allWithin(scene.skyHorizon, 3, 0, 1) || !allWithin(scene.skyZenith, 3, 0, 1)) {
    return "colour of the sky is not in 0 .. 1";
  }
  for (int i = 0; i < maxObjects; ++i) {
    const ObjectDescription& object = scene.objects[i];
    const bool used = i < static_cast<int>(scene.objectCount);
    if (!used && !allWithin(&object.shape, 11, 0, 0)) return "unused object " + std::to_string(i) + " is not zero";
    const std::string fault = used ? objectFault(object) : "";
    if (!fault.empty()) return "object " + std::to_string(i) + ": " + fault;
  }
  return "";
}

void renderRows(const SceneDescription& scene, int size, int firstRow, int endRow, const Picture& picture) {
  const World world(scene);
  const float pixel = 1.0f / static_cast<float>(size);
  for (int row = firstRow; row < endRow; ++row) {
    for (int column = 0; column < size; ++column) {
      const size_t place = static_cast<size_t>(row) * size + column;
      if (picture.instances || picture.depth) {
        const auto centre = world.look(
            world.cameraRay((static_cast<float>(column) + 0.5f) * pixel, (static_cast<float>(row) + 0.5f) * pixel));
        const float depth = centre.object < 0 ? 0.0f : scene.nearDepth / centre.depth;
        if (picture.instances) picture.instances[place] = static_cast<uint8_t>(centre.object < 0 ? 0 : centre.object);
        if (picture.depth) picture.depth[place] = depth < 1.0f ? depth : 1.0f;
      }
      if (!picture.rgb) continue;
      Vector sum;
      for (int ray = 0; ray < raysPerPixel; ++ray) {
        const float u = (static_cast<float>(column) + 0.25f + 0.5f * static_cast<float>(ray & 1)) * pixel;
        const float v = (static_cast<float>(row) + 0.25f + 0.5f * static_cast<float>(ray >> 1)) * pixel;
        const Vector direction = world.cameraRay(u, v);
        // Clamped before the mean: an overbright highlight must not swallow its smooth edge.
        const Vector light = world.light(world.look(direction), direction, ray);
        sum = sum + Vector{clamp01(light.x), clamp01(light.y), clamp01(light.z)};
      }
      picture.rgb[3 * place] = toByte(sum.x * 0.25f);
      picture.rgb[3 * place + 1] = toByte(sum.y * 0.25f);
      picture.rgb[3 * place + 2] = toByte(sum.z * 0.25f);
    }
  }
}

}  // namespace counterpoint::scenes
