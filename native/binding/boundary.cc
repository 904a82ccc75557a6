// See boundary.h.
#include "binding/boundary.h"

namespace counterpoint {

Napi::Error jsError(Napi::Env env, const Error& error) {
  Napi::Error result = Napi::Error::New(env, error.message);
  result.Set("code", Napi::String::New(env, error.code));
  if (error.instruction >= 0) {
    result.Set("instruction", Napi::Number::New(env, static_cast<double>(error.instruction)));
    result.Set("frame", Napi::String::New(env, error.frame));
  }
  return result;
}

void refuseArgument(const char* name, const std::string& expected) {
  throw Error{"CP_ARG_TYPE", std::string(name) + ": expected " + expected};
}

uint64_t wholeNumberArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const Napi::Value value = info[index];
  if (!value.IsNumber()) refuseArgument(name, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 0 && number <= 9007199254740991.0) || number != static_cast<double>(static_cast<uint64_t>(number))) {
    const std::string got = std::to_string(number);
    throw Error{"CP_ARG_RANGE", std::string(name) + ": got " + got + ", expected a whole number from 0"};
  }
  return static_cast<uint64_t>(number);
}

std::string textArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const Napi::Value value = info[index];
  if (!value.IsString()) refuseArgument(name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

Bytes bytesArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const Napi::Value value = info[index];
  napi_typedarray_type type = napi_int8_array;
  size_t size = 0;
  void* data = nullptr;
  const bool read = value.IsTypedArray() &&
                    napi_get_typedarray_info(info.Env(), value, &type, &size, &data, nullptr, nullptr) == napi_ok;
  if (!read || type != napi_uint8_array) refuseArgument(name, "a Uint8Array");
  return {static_cast<const uint8_t*>(data), size};
}

}  // namespace counterpoint
