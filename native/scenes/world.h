// A scene made ready to be looked at: what a ray meets, and how much light comes back along it.
//
// Light: a sun of some width (soft shadows from 16 fixed places on its disc, four for each of a pixel's rays), light from
// all around weakened near other bodies and on downward faces, Lambert, Blinn-Phong; metal mirrors sky, ground, a bright
// panel around the sun, and other bodies without their shadows.
#pragma once
#include "scenes/bodies.h"
#include "scenes/ground.h"
#include "scenes/scenes.h"
#include "scenes/vector.h"

namespace counterpoint::scenes {

constexpr int raysPerPixel = 4;

class World {
 public:
  explicit World(const SceneDescription& scene);

  // What the ray position + t direction meets first: the body's number from 1, 0 for the ground, -1 for the sky.
  // `direction` is cameraRay's, so that t is the depth.
  struct Sight {
    int object;
    float depth;
  };
  Sight look(Vector direction) const;

  Vector cameraRay(float u, float v) const {
    return forward_ + right_ * ((u - 0.5f) / focal_) + up_ * ((0.5f - v) / focal_);
  }

  // Linear light that comes along a camera ray which meets `sight`. `ray` (0 .. 3) chooses the shadow samples.
  Vector light(Sight sight, Vector direction, int ray) const;

 private:
  static constexpr int shadowSamples = 4;

  Vector skyAt(Vector direction) const;
  Vector groundLight(Vector point, Vector colour, float depth, float sun) const;
  Vector bodyLight(int index, Vector point, Vector direction, int ray) const;
  Vector mirrored(int self, Vector point, Vector direction) const;
  float sunlit(Vector point, int self, int ray) const;
  float openness(Vector point, Vector normal, int self) const;

  Vector position_, right_, up_, forward_;
  float focal_, groundEnd_;
  Vector sun_, sunColour_, ambient_;
  float sunSpread_;
  Vector sunPlaces_[raysPerPixel * shadowSamples];
  Vector skyHorizon_, skyZenith_;
  Ground ground_;
  Body bodies_[maxObjects];
  int bodyCount_;
};

}  // namespace counterpoint::scenes
