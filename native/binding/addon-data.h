// What the addon keeps for one environment (the main thread or a worker), and the way back from a device's thread.
#pragma once
#include <napi.h>

#include <memory>
#include <set>

#include "machine/device.h"

namespace counterpoint {

class DeviceHandle;

// A queued job with the promise that it settles: with its bytes as an ArrayBuffer, or with undefined.
struct PromiseJob : Job {
  PromiseJob(Napi::Env env, DeviceHandle& device) : deferred(env), device(device) {}
  Napi::Promise::Deferred deferred;
  DeviceHandle& device;  // kept alive until the promise is settled
  bool givesBytes = false;
  bool closesDevice = false;
};

// Shared by the environment and the handles in it, since the order in which they go at its end is Node's own.
class AddonData {
 public:
  // Of this environment; made by `create`, once, when the addon is initialised there.
  static std::shared_ptr<AddonData> of(Napi::Env env);
  static void create(Napi::Env env);

  // The job's `done` brings it back to this environment's thread, which settles the promise. Call `started` once the
  // job is queued: the event loop and the device's handle then live at least until the promise is settled.
  std::unique_ptr<PromiseJob> job(Napi::Env env, DeviceHandle& device);
  void started(Napi::Env env, DeviceHandle& device);

  std::set<DeviceHandle*> devices;

 private:
  static void settle(napi_env env, napi_value, void* context, void* data);
  static void endAll(void* data);

  napi_threadsafe_function settled = nullptr;
  int pending = 0;
};

}  // namespace counterpoint
