// See device-handle.h.
#include "binding/device-handle.h"

#include <algorithm>

#include "binding/boundary.h"
#include "machine/cpu-device.h"
#include "machine/cuda-device.h"

namespace counterpoint {

const napi_type_tag DeviceHandle::tag = {0x6f2c1a9d4be07f31, 0x93d5c8e1a74b2068};

Napi::Function DeviceHandle::define(Napi::Env env) {
  return DefineClass(env, "Device",
                     {InstanceMethod<&DeviceHandle::info>("info"), InstanceMethod<&DeviceHandle::run>("run"),
                      InstanceMethod<&DeviceHandle::cancel>("cancel"), InstanceMethod<&DeviceHandle::write>("write"),
                      InstanceMethod<&DeviceHandle::read>("read"), InstanceMethod<&DeviceHandle::close>("close")});
}

DeviceHandle::DeviceHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  guarded(info.Env(), [&] {
    const auto smallArgument = [&](size_t index, const char* name) {
      return static_cast<int>(std::min<uint64_t>(wholeNumberArgument(info, index, name), INT32_MAX));
    };
    const std::string kind = textArgument(info, 0, "kind");
    if (kind == "cpu") device = std::make_shared<CpuDevice>(smallArgument(1, "threads"), textArgument(info, 2, "isa"));
    else if (kind == "cuda") device = std::make_shared<CudaDevice>(textArgument(info, 2, "library"), smallArgument(1, "index"));
    else refuseArgument("kind", "\"cpu\" or \"cuda\"");
    addon = AddonData::of(info.Env());
    addon->devices.insert(this);
    info.This().As<Napi::Object>().TypeTag(&tag);
  });
}

DeviceHandle::~DeviceHandle() {
  if (addon) addon->devices.erase(this);
}

const std::shared_ptr<Device>& DeviceHandle::open() const {
  if (!device) throw Error{"CP_CLOSED", "the device is closed"};
  return device;
}

void DeviceHandle::abort() {
  if (device) device->abort();
}

template <class Submit>
Napi::Value DeviceHandle::promise(const Napi::CallbackInfo& info, Submit&& submit) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Device& target = *open();
    std::unique_ptr<PromiseJob> job = addon->job(info.Env(), *this);
    const Napi::Promise result = job->deferred.Promise();
    submit(target, std::move(job));
    addon->started(info.Env(), *this);
    return result;
  });
}

Napi::Value DeviceHandle::info(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    const DeviceFacts facts = open()->facts();
    Napi::Object result = Napi::Object::New(env);
    result.Set("name", Napi::String::New(env, facts.name));
    result.Set("isa", Napi::String::New(env, facts.isa));
    result.Set("threads", Napi::Number::New(env, facts.threads));
    result.Set("totalBytes", Napi::Number::New(env, static_cast<double>(facts.totalBytes)));
    result.Set("freeBytes", Napi::Number::New(env, static_cast<double>(facts.freeBytes)));
    return result;
  });
}

Napi::Value DeviceHandle::run(const Napi::CallbackInfo& info) {
  return promise(info, [&](Device& target, std::unique_ptr<PromiseJob> job) {
    auto program = handleArgument<ProgramHandle>(info, 0, "program").on(device);
    auto weights = handleArgument<RegionHandle>(info, 1, "weights").on(device);
    auto state = handleArgument<RegionHandle>(info, 2, "state").on(device);
    const Bytes bytes = bytesArgument(info, 3, "inputs");
    Memory inputs(bytes.size);
    std::copy_n(bytes.data, bytes.size, inputs.data());
    job->ticket = wholeNumberArgument(info, 4, "ticket");
    target.run(std::move(job), std::move(program), std::move(weights), std::move(state), std::move(inputs));
  });
}

void DeviceHandle::cancel(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const uint64_t ticket = wholeNumberArgument(info, 0, "ticket");
    if (device) device->cancel(ticket);
  });
}

Napi::Value DeviceHandle::write(const Napi::CallbackInfo& info) {
  return promise(info, [&](Device& target, std::unique_ptr<PromiseJob> job) {
    auto region = handleArgument<RegionHandle>(info, 0, "region").on(device);
    const uint64_t offset = wholeNumberArgument(info, 1, "offset");
    const Bytes bytes = bytesArgument(info, 2, "data");
    target.write(std::move(job), std::move(region), offset, std::vector<uint8_t>(bytes.data, bytes.data + bytes.size));
  });
}

Napi::Value DeviceHandle::read(const Napi::CallbackInfo& info) {
  return promise(info, [&](Device& target, std::unique_ptr<PromiseJob> job) {
    auto region = handleArgument<RegionHandle>(info, 0, "region").on(device);
    const uint64_t offset = wholeNumberArgument(info, 1, "offset");
    const uint64_t bytes = wholeNumberArgument(info, 2, "bytes");
    job->givesBytes = true;
    target.read(std::move(job), std::move(region), offset, bytes);
  });
}

Napi::Value DeviceHandle::close(const Napi::CallbackInfo& info) {
  return promise(info, [&](Device& target, std::unique_ptr<PromiseJob> job) {
    job->closesDevice = true;
    target.close(std::move(job));
  });
}

const napi_type_tag RegionHandle::tag = {0x1d7be5903c8a4f26, 0xb8460c2f7e91d35a};

Napi::Function RegionHandle::define(Napi::Env env) {
  return DefineClass(env, "Region", {InstanceMethod<&RegionHandle::free>("free")});
}

RegionHandle::RegionHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  guarded(info.Env(), [&] {
    const std::shared_ptr<Device>& owner = handleArgument<DeviceHandle>(info, 0, "device").open();
    const uint64_t bytes = wholeNumberArgument(info, 1, "bytes");
    region = owner->createRegion(bytes);
    device = owner;
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), static_cast<int64_t>(bytes));
    info.This().As<Napi::Object>().TypeTag(&tag);
  });
}

std::shared_ptr<Region> RegionHandle::on(const std::shared_ptr<Device>& wanted) const {
  if (!region) throw Error{"CP_CLOSED", "the region has been freed"};
  if (device.lock() != wanted) refuseArgument("region", "one of this device");
  return region;
}

void RegionHandle::release(Napi::BasicEnv env) {
  if (!region) return;
  Napi::MemoryManagement::AdjustExternalMemory(env, -static_cast<int64_t>(region->bytes));
  region.reset();
}

const napi_type_tag ProgramHandle::tag = {0xe25f80b1649dc73a, 0x4c09a7d8f1325e6b};

Napi::Function ProgramHandle::define(Napi::Env env) {
  return DefineClass(env, "Program", {InstanceMethod<&ProgramHandle::free>("free")});
}

ProgramHandle::ProgramHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  guarded(info.Env(), [&] {
    const std::shared_ptr<Device>& target = handleArgument<DeviceHandle>(info, 0, "device").open();
    const Bytes bytes = bytesArgument(info, 1, "bytes");
    program = target->load(bytes.data, bytes.size);
    device = target;
    info.This().As<Napi::Object>().TypeTag(&tag);
  });
}

std::shared_ptr<const Program> ProgramHandle::on(const std::shared_ptr<Device>& wanted) const {
  if (!program) throw Error{"CP_CLOSED", "the program has been freed"};
  if (device.lock() != wanted) refuseArgument("program", "one of this device");
  return program;
}

}  // namespace counterpoint
