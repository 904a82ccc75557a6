// The classes that the addon exports: handles to a device, its regions and its programs.
#pragma once
#include <napi.h>

#include <memory>

#include "binding/addon-data.h"
#include "machine/device.h"

namespace counterpoint {

// new Device("cpu", threads, isa): threads 0 and isa "" leave the choice to the machine.
// new Device("cuda", index, library): a GPU, by the library at a path.
class DeviceHandle : public Napi::ObjectWrap<DeviceHandle> {
 public:
  static const napi_type_tag tag;
  static constexpr const char* name = "a Device";
  static Napi::Function define(Napi::Env env);

  explicit DeviceHandle(const Napi::CallbackInfo& info);
  ~DeviceHandle() override;

  const std::shared_ptr<Device>& open() const;  // throws Error CP_CLOSED
  void abort();                                    // ends its thread
  void ended() { device.reset(); }                 // its thread has ended by itself

 private:
  Napi::Value info(const Napi::CallbackInfo& info);   // as DeviceFacts
  Napi::Value run(const Napi::CallbackInfo& info);    // (program, weights, state, inputs, ticket) -> Promise<void>
  void cancel(const Napi::CallbackInfo& info);        // (ticket)
  Napi::Value write(const Napi::CallbackInfo& info);  // (region, offset, data) -> Promise<void>
  Napi::Value read(const Napi::CallbackInfo& info);   // (region, offset, bytes) -> Promise<ArrayBuffer>
  Napi::Value close(const Napi::CallbackInfo& info);  // () -> Promise<void>

  // A promise for the job that `submit` queues.
  template <class Submit>
  Napi::Value promise(const Napi::CallbackInfo& info, Submit&& submit);

  std::shared_ptr<AddonData> addon;
  std::shared_ptr<Device> device;
};

// new Region(device, bytes).
class RegionHandle : public Napi::ObjectWrap<RegionHandle> {
 public:
  static const napi_type_tag tag;
  static constexpr const char* name = "a Region";
  static Napi::Function define(Napi::Env env);

  explicit RegionHandle(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override { release(env); }

  std::shared_ptr<Region> on(const std::shared_ptr<Device>& device) const;  // throws Error where freed or elsewhere

 private:
  void free(const Napi::CallbackInfo& info) { release(info.Env()); }
  void release(Napi::BasicEnv env);

  std::weak_ptr<Device> device;
  std::shared_ptr<Region> region;
};

// new Program(device, bytes): decodes and verifies.
class ProgramHandle : public Napi::ObjectWrap<ProgramHandle> {
 public:
  static const napi_type_tag tag;
  static constexpr const char* name = "a Program";
  static Napi::Function define(Napi::Env env);

  explicit ProgramHandle(const Napi::CallbackInfo& info);

  std::shared_ptr<const Program> on(const std::shared_ptr<Device>& device) const;

 private:
  void free(const Napi::CallbackInfo&) { program.reset(); }

  std::weak_ptr<Device> device;
  std::shared_ptr<const Program> program;
};

}  // namespace counterpoint
