// The light model of world.h. Ad hoc where physics would need many rays: what matters is that shape, colour, material and
// place can be read off a picture of 64 x 64.
#include "scenes/world.h"

#include <cmath>

namespace counterpoint::scenes {

namespace {

Vector vectorOf(const float* values) { return {values[0], values[1], values[2]}; }

constexpr float surfaceGap = 1e-3f;  // where rays that leave a surface start, so that they do not meet it again

// 16 places on the unit disc, an even spiral dealt out so that each four cover the disc. Columns x, y.
constexpr float discPlaces[16][2] = {
    {0.177f, 0.000f},   {-0.520f, 0.476f},  {0.108f, -0.806f},  {0.637f, 0.659f},
    {-0.226f, 0.207f},  {0.070f, -0.587f},  {0.512f, 0.635f},   {-0.910f, -0.189f},
    {0.035f, -0.394f},  {0.424f, 0.506f},   {-0.763f, -0.146f}, {0.687f, -0.683f},
    {0.285f, 0.371f},   {-0.653f, -0.154f}, {0.593f, -0.575f},  {-0.157f, 0.971f}};

float power4(float x) { return (x * x) * (x * x); }
float power16(float x) { return power4(power4(x)); }

}  // namespace

World::World(const SceneDescription& scene)
    : position_(vectorOf(scene.camera)),
      right_{1, 0, 0},
      up_{0, scene.pitchSine, scene.pitchCosine},
      forward_{0, scene.pitchCosine, -scene.pitchSine},
      focal_(scene.focal),
      groundEnd_(scene.groundEnd),
      sun_(vectorOf(scene.light)),
      sunColour_(vectorOf(scene.lightColour)),
      ambient_(vectorOf(scene.ambient)),
      sunSpread_(scene.lightSpread),
      skyHorizon_(vectorOf(scene.skyHorizon)),
      skyZenith_(vectorOf(scene.skyZenith)),
      ground_{static_cast<GroundKind>(static_cast<int>(scene.ground)), vectorOf(scene.groundColour),
              vectorOf(scene.groundSecond), scene.groundCosine, scene.groundSine},
      bodyCount_(static_cast<int>(scene.objectCount)) {
  // Two directions across the light; the axis that the first turns about is never the light's own.
  const Vector side = normalized(std::abs(sun_.x) < 0.9f ? Vector{0, sun_.z, -sun_.y} : Vector{-sun_.z, 0, sun_.x});
  const Vector over = {sun_.y * side.z - sun_.z * side.y, sun_.z * side.x - sun_.x * side.z,
                       sun_.x * side.y - sun_.y * side.x};
  for (int i = 0; i < raysPerPixel * shadowSamples; ++i) {
    sunPlaces_[i] = normalized(sun_ + (side * discPlaces[i][0] + over * discPlaces[i][1]) * sunSpread_);
  }
  for (int i = 0; i < bodyCount_; ++i) bodies_[i] = Body(scene.objects[i]);
}

World::Sight World::look(Vector direction) const {
  Sight sight{-1, farAway};
  if (direction.z < 0.0f) {
    const float depth = -position_.z / direction.z;
    if (depth < groundEnd_) sight = {0, depth};
  }
  for (int i = 0; i < bodyCount_; ++i) {
    const float depth = meet(bodies_[i], position_, direction);
    if (depth < sight.depth) sight = {i + 1, depth};
  }
  return sight;
}

Vector World::light(Sight sight, Vector direction, int ray) const {
  const Vector point = position_ + direction * sight.depth;
  if (sight.object > 0) return bodyLight(sight.object - 1, point, direction, ray);
  if (sight.object < 0) return skyAt(normalized(direction));
  return groundLight({point.x, point.y, 0.0f}, ground_.colourAt(point.x, point.y), sight.depth,
                     sunlit({point.x, point.y, surfaceGap}, -1, ray));
}

// The ground ends below the horizon, so the gradient starts there. `direction` has unit length.
Vector World::skyAt(Vector direction) const {
  const float height = 1.0f - clamp01((direction.z + 0.22f) / 0.7f);
  return mix(skyHorizon_, skyZenith_, 1.0f - height * height);
}

// Towards its end the ground fades into the sky's lowest colour.
Vector World::groundLight(Vector point, Vector colour, float depth, float sun) const {
  const Vector normal{0, 0, 1};
  const Vector arriving = ambient_ * openness(point, normal, -1) + sunColour_ * (sun * sun_.z);
  const float haze = 0.75f * smoothstep(0.6f * groundEnd_, groundEnd_, depth);
  return mix(colour * arriving, skyHorizon_, haze);
}

Vector World::bodyLight(int index, Vector point, Vector direction, int ray) const {
  const Body& body = bodies_[index];
  const Vector normal = normalAt(body, point);
  const Vector toEye = normalized(-direction);
  const Vector start = point + normal * surfaceGap;
  const float facing = clamp01(dot(normal, sun_));
  const float sun = facing > 0.0f ? sunlit(start, index, ray) : 0.0f;
  const float open = openness(point, normal, index);
  // Faces that look down see the ground's colour in place of the sky's light.
  const Vector fromBelow = ambient_ * ground_.colour * 1.1f;
  const Vector around = mix(fromBelow, ambient_, 0.5f + 0.5f * normal.z) * open;
  const Vector direct = sunColour_ * (sun * facing);
  const float halfway = clamp01(dot(normal, normalized(sun_ + toEye)));
  if (!body.metal) {
    return body.colour * (around + direct) + sunColour_ * (0.08f * sun * power16(halfway));
  }
  const float view = clamp01(dot(normal, toEye));
  const float grazing = power4(1.0f - view);
  const Vector mirror = normal * (2.0f * view) - toEye;
  // Metals tint what they mirror; at grazing angles the tint pales (Schlick).
  const Vector tint = mix(body.colour * 1.2f + Vector{0.07f, 0.07f, 0.07f}, {1, 1, 1}, 0.55f * grazing);
  const float spot = power16(power4(halfway)) * power16(power4(halfway));
  // Paler than what is mirrored, so that a gray mirror on sand still looks gray.
  const Vector shown = mirrored(index, start, mirror);
  const float grey = (shown.x + shown.y + shown.z) * (1.0f / 3.0f);
  const Vector mirrorLight = mix(shown, {grey, grey, grey}, 0.6f) * (0.25f + 0.75f * open);
  return body.colour * (around * 0.25f + direct * 0.3f) + tint * mirrorLight +
         sunColour_ * (1.6f * sun * spot);
}

// What a mirror at `point` shows. `direction` has unit length.
Vector World::mirrored(int self, Vector point, Vector direction) const {
  float nearest = farAway;
  int met = -1;
  for (int i = 0; i < bodyCount_; ++i) {
    if (i == self) continue;
    const float t = meet(bodies_[i], point, direction);
    if (t < nearest) nearest = t, met = i;
  }
  if (met >= 0) {
    const Vector normal = normalAt(bodies_[met], point + direction * nearest);
    return bodies_[met].colour * (ambient_ * (0.7f + 0.3f * normal.z) + sunColour_ * clamp01(dot(normal, sun_)));
  }
  if (direction.z < -1e-3f) {
    const Vector at = point + direction * (-point.z / direction.z);
    const float depth = dot(at - position_, forward_);
    // Also bounded across: the ground's patterns count squares in int.
    if (std::abs(at.x) < 1000.0f && std::abs(at.y) < 1000.0f && depth < groundEnd_) {
      // Brushed metal: most of the pattern is blurred away, or a mirror on a checkered floor would look like glass.
      const Vector colour = mix(ground_.mean(), ground_.colourAt(at.x, at.y), 0.3f);
      return groundLight({at.x, at.y, 0.0f}, colour, depth, 1.0f) * 0.6f;
    }
  }
  const float panel = smoothstep(0.80f, 0.93f, dot(direction, sun_));
  // Brighter than the sky that is seen, at night above all, so that metal looks like metal under any sky.
  return skyAt(direction) * 1.15f + ambient_ * 0.45f + sunColour_ * (0.25f + 1.5f * panel);
}

// Share of the sun that `point` sees, 0 .. 1. Bodies are convex: one never shades a face of its own that looks sunward.
float World::sunlit(Vector point, int self, int ray) const {
  const Body* near[maxObjects];
  int count = 0;
  for (int i = 0; i < bodyCount_; ++i) {
    if (i == self) continue;
    const Vector offset = bodies_[i].centre - point;
    const float along = dot(offset, sun_);
    if (along < -bodies_[i].bound) continue;
    const float reach = bodies_[i].bound + (along + bodies_[i].bound) * sunSpread_;
    if (dot(offset, offset) - along * along < reach * reach) near[count++] = &bodies_[i];
  }
  if (count == 0) return 1.0f;
  int seen = 0;
  for (int sample = 0; sample < shadowSamples; ++sample) {
    const Vector place = sunPlaces_[ray * shadowSamples + sample];
    bool free = true;
    for (int i = 0; i < count && free; ++i) free = meet(*near[i], point, place) == farAway;
    seen += free;
  }
  return static_cast<float>(seen) / shadowSamples;
}

// Share of the surrounding light that other bodies leave, each taken for a sphere: 1 - cos r^2 / d^2 (Quilez, "sphere
// ambient occlusion"). For a body itself, the ground's nearness is in bodyLight's `around`.
float World::openness(Vector point, Vector normal, int self) const {
  float open = 1.0f;
  for (int i = 0; i < bodyCount_; ++i) {
    if (i == self) continue;
    const Vector offset = bodies_[i].centre - point;
    const float squared = dot(offset, offset);
    const float facing = dot(normal, offset);
    if (facing <= 0.0f) continue;
    const float radius = bodies_[i].radius;
    const float share = facing * radius * radius / (squared * std::sqrt(squared) + 1e-6f);
    open *= 1.0f - 0.95f * clamp01(1.2f * share);
  }
  return open;
}

}  // namespace counterpoint::scenes
