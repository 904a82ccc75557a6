// Where JavaScript meets the machine: arguments checked on the way in, errors translated on the way out.
#pragma once
#include <napi.h>

#include <cstdint>
#include <string>

#include "machine/error.h"

namespace counterpoint {

// A JavaScript Error with `code`, and `instruction` and `frame` where the error has them.
Napi::Error jsError(Napi::Env env, const Error& error);

// The result of `body`; whatever it throws leaves as a JavaScript error. Every exported function is one call of this.
template <class Body>
auto guarded(Napi::Env env, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw jsError(env, currentError());
  }
}

struct Bytes {
  const uint8_t* data;
  size_t size;
};

// Argument `index`, or Error CP_ARG_TYPE or CP_ARG_RANGE that names it.
uint64_t wholeNumberArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
std::string textArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
Bytes bytesArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

[[noreturn]] void refuseArgument(const char* name, const std::string& expected);

// The native side of an object that `Handle` has wrapped and tagged; no other object passes.
template <class Handle>
Handle& handleArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const Napi::Value value = info[index];
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&Handle::tag)) refuseArgument(name, Handle::name);
  return *Handle::Unwrap(value.As<Napi::Object>());
}

}  // namespace counterpoint
