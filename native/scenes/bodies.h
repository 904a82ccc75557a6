// Where rays meet spheres, cubes turned about the vertical and upright cylinders.
#pragma once
#include <cmath>
#include <utility>

#include "scenes/scenes.h"
#include "scenes/vector.h"

namespace counterpoint::scenes {

constexpr float farAway = 1e9f;

enum class Shape { sphere, cube, cylinder };

struct Body {
  Shape shape;
  bool metal;
  Vector centre;
  float radius, halfHeight;
  float yawCosine, yawSine;
  Vector colour;
  float bound;  // radius of a sphere around the centre that holds the body

  Body() = default;
  explicit Body(const ObjectDescription& d)
      : shape(static_cast<Shape>(static_cast<int>(d.shape))),
        metal(d.material > 0.5f),
        centre{d.x, d.y, d.halfHeight},
        radius(d.radius),
        halfHeight(d.halfHeight),
        yawCosine(d.yawCosine),
        yawSine(d.yawSine),
        colour{d.colour[0], d.colour[1], d.colour[2]} {
    const float side = shape == Shape::cube ? 2.0f * radius * radius : radius * radius;
    bound = shape == Shape::sphere ? radius : std::sqrt(side + halfHeight * halfHeight);
  }

  // World axes to the body's own and back.
  Vector inward(Vector v) const { return {v.x * yawCosine + v.y * yawSine, v.y * yawCosine - v.x * yawSine, v.z}; }
  Vector outward(Vector v) const { return {v.x * yawCosine - v.y * yawSine, v.x * yawSine + v.y * yawCosine, v.z}; }
};

// Narrows [enter, leave] to where |origin + t direction| <= half. A ray along the slab keeps a tiny slope: no 0 / 0.
inline void clipSlab(float origin, float direction, float half, float& enter, float& leave) {
  const float slope = std::abs(direction) < 1e-9f ? 1e-9f : direction;
  float first = (-half - origin) / slope;
  float second = (half - origin) / slope;
  if (first > second) std::swap(first, second);
  if (first > enter) enter = first;
  if (second < leave) leave = second;
}

// Narrows [enter, leave] to where |(x, y)| <= radius; false where the ray misses.
inline bool clipRound(Vector origin, Vector direction, float radius, float& enter, float& leave) {
  const float a = direction.x * direction.x + direction.y * direction.y;
  const float b = origin.x * direction.x + origin.y * direction.y;
  const float c = origin.x * origin.x + origin.y * origin.y - radius * radius;
  if (a < 1e-12f) return c <= 0.0f;
  const float root = b * b - a * c;
  if (root < 0.0f) return false;
  const float half = std::sqrt(root);
  if ((-b - half) / a > enter) enter = (-b - half) / a;
  if ((-b + half) / a < leave) leave = (-b + half) / a;
  return true;
}

// Smallest t > 0 where origin + t direction enters the body, or farAway. `direction` need not be of unit length; an origin
// inside the body sees nothing of it.
inline float meet(const Body& body, Vector origin, Vector direction) {
  const Vector offset = origin - body.centre;
  const float a = dot(direction, direction);
  const float b = dot(offset, direction);
  const float c = dot(offset, offset) - body.bound * body.bound;
  const float root = b * b - a * c;
  if (root < 0.0f || (b > 0.0f && c > 0.0f)) return farAway;
  if (body.shape == Shape::sphere) {
    const float t = (-b - std::sqrt(root)) / a;
    return t > 0.0f ? t : farAway;
  }
  const Vector from = body.inward(offset);
  const Vector along = body.inward(direction);
  float enter = -farAway, leave = farAway;
  clipSlab(from.z, along.z, body.halfHeight, enter, leave);
  if (body.shape == Shape::cube) {
    clipSlab(from.x, along.x, body.radius, enter, leave);
    clipSlab(from.y, along.y, body.radius, enter, leave);
  } else if (!clipRound(from, along, body.radius, enter, leave)) {
    return farAway;
  }
  return enter < leave && enter > 0.0f ? enter : farAway;
}

// Unit normal at a point of the surface. Near an edge it leans towards the neighbouring face, which catches the light as
// a bevel would, and flat metal faces swell a little towards their edges, so that they mirror more than one tone; the
// surface itself stays sharp and flat.
inline Vector normalAt(const Body& body, Vector point) {
  constexpr float bevelStart = 0.9f;
  if (body.shape == Shape::sphere) return normalized(point - body.centre);
  const Vector local = body.inward(point - body.centre);
  const float swell = body.metal ? 0.3f : 0.0f;
  const auto lean = [swell](float place) {
    const float size = std::abs(place);
    const float weight = size > 0.999f ? 1.0f : swell * size + (0.75f - swell) * smoothstep(bevelStart, 1.0f, size);
    return place < 0.0f ? -weight : weight;
  };
  const float upward = lean(local.z / body.halfHeight);
  if (body.shape == Shape::cylinder) {
    const float distance = std::sqrt(local.x * local.x + local.y * local.y);
    const float share = lean(distance / body.radius) / (distance > 1e-6f ? distance : 1.0f);
    return body.outward(normalized({local.x * share, local.y * share, upward}));
  }
  return body.outward(normalized({lean(local.x / body.radius), lean(local.y / body.radius), upward}));
}

}  // namespace counterpoint::scenes
