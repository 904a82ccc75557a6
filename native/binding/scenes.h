// The addon's scene renderer: `new addon.SceneRenderer()`, `.render(descriptions, count, size)`, `.close()`.
#pragma once
#include <napi.h>

namespace counterpoint::binding {

// Adds `SceneRenderer` to the addon's exports.
void defineScenes(Napi::Env env, Napi::Object exports);

}  // namespace counterpoint::binding
