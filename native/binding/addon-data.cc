// See addon-data.h.
//
// The end of an environment (a worker terminated in mid-run, process.exit): Node runs cleanup hooks last added first.
// `endAll` is added after the thread-safe function, so every device's thread has ended before that function goes away;
// what is still in its queue then comes back without an environment and is dropped.
#include "binding/addon-data.h"

#include <algorithm>

#include "binding/boundary.h"
#include "binding/device-handle.h"

namespace counterpoint {

void AddonData::create(Napi::Env env) {
  const auto data = std::make_shared<AddonData>();
  const Napi::String name = Napi::String::New(env, "counterpoint");
  const napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr,
                                                             data.get(), settle, &data->settled);
  if (status != napi_ok || napi_unref_threadsafe_function(env, data->settled) != napi_ok) {
    throw Error{"CP_INTERNAL", "cannot create the thread-safe function"};
  }
  if (napi_add_env_cleanup_hook(env, endAll, data.get()) != napi_ok) {
    throw Error{"CP_INTERNAL", "cannot add the cleanup hook"};
  }
  env.SetInstanceData(new std::shared_ptr<AddonData>(data));
}

std::shared_ptr<AddonData> AddonData::of(Napi::Env env) { return *env.GetInstanceData<std::shared_ptr<AddonData>>(); }

std::unique_ptr<PromiseJob> AddonData::job(Napi::Env env, DeviceHandle& device) {
  auto job = std::make_unique<PromiseJob>(env, device);
  job->done = [function = settled](std::unique_ptr<Job> finished) {
    // The function outlives every device's thread, so this fails only for want of memory; the promise then stays open.
    if (napi_call_threadsafe_function(function, finished.get(), napi_tsfn_nonblocking) == napi_ok) finished.release();
  };
  return job;
}

void AddonData::started(Napi::Env env, DeviceHandle& device) {
  device.Ref();
  if (pending++ == 0) napi_ref_threadsafe_function(env, settled);
}

void AddonData::settle(napi_env rawEnv, napi_value, void* context, void* data) {
  const std::unique_ptr<PromiseJob> job(static_cast<PromiseJob*>(static_cast<Job*>(data)));
  if (!rawEnv) return;
  AddonData& addon = *static_cast<AddonData*>(context);
  const Napi::Env env(rawEnv);
  const Napi::HandleScope scope(env);
  try {
    if (--addon.pending == 0) napi_unref_threadsafe_function(env, addon.settled);
    job->device.Unref();
    if (job->closesDevice) job->device.ended();
    if (job->error) {
      job->deferred.Reject(jsError(env, *job->error).Value());
    } else if (job->givesBytes) {
      Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, job->bytes.size());
      std::copy(job->bytes.begin(), job->bytes.end(), static_cast<uint8_t*>(buffer.Data()));
      job->deferred.Resolve(buffer);
    } else {
      job->deferred.Resolve(env.Undefined());
    }
  } catch (...) {
    // Only an environment that may no longer run JavaScript refuses these calls; nobody is left to be told.
  }
}

void AddonData::endAll(void* data) {
  for (DeviceHandle* device : static_cast<AddonData*>(data)->devices) device->abort();
}

}  // namespace counterpoint
