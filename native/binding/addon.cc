// The addon's exports. Handles, promises and bytes pass through here; no arithmetic and no defaults.
#include <napi.h>

#include "binding/addon-data.h"
#include "binding/boundary.h"
#include "binding/device-handle.h"
#include "binding/scenes.h"

namespace {

Napi::Object define(Napi::Env env, Napi::Object exports) {
  return counterpoint::guarded(env, [&] {
    counterpoint::AddonData::create(env);
    exports.Set("Device", counterpoint::DeviceHandle::define(env));
    exports.Set("Region", counterpoint::RegionHandle::define(env));
    exports.Set("Program", counterpoint::ProgramHandle::define(env));
    counterpoint::binding::defineScenes(env, exports);
    return exports;
  });
}

}  // namespace

NODE_API_MODULE(counterpoint, define)
