// Promises around native/scenes: each SceneRenderer owns one thread, never one of libuv's. JavaScript's side of a job
// (promise, buffers) is touched on JavaScript's thread alone; the renderer's thread sees plain pointers into buffers that
// a reference keeps. The environment's cleanup hook stops and joins the thread before those buffers can go.
#include "binding/scenes.h"

#include <node_api.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "scenes/scenes.h"

namespace counterpoint::binding {

namespace {

using scenes::SceneDescription;

constexpr size_t maxPixels = size_t{1} << 26;  // of one call: 64 Mi, about half a gigabyte of results

struct Job {
  std::vector<SceneDescription> descriptions;
  int size = 0;
  uint8_t* rgb = nullptr;
  uint8_t* instances = nullptr;
  float* depth = nullptr;
  bool finished = false;
  napi_deferred deferred = nullptr;
  Napi::ObjectReference result;
};

Napi::Error errorOf(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", code);
  return error;
}

// Checks what came from JavaScript and copies it. Throws CP_ARG_TYPE, CP_ARG_SHAPE or CP_ARG_RANGE.
std::unique_ptr<Job> jobOf(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsTypedArray() || !info[1].IsNumber() || !info[2].IsNumber() ||
      info[0].As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
    throw errorOf(env, "CP_ARG_TYPE", "render expects (Float32Array descriptions, number count, number size)");
  }
  const auto descriptions = info[0].As<Napi::Float32Array>();
  const double count = info[1].As<Napi::Number>().DoubleValue(), size = info[2].As<Napi::Number>().DoubleValue();
  if (!(size >= 1 && size <= scenes::maxPictureSize) || size != static_cast<int>(size)) {
    throw errorOf(env, "CP_ARG_RANGE", "size of a rendered scene must be a whole number from 1 to 1024");
  }
  const double most = static_cast<double>(maxPixels) / (size * size);
  if (!(count >= 1 && count <= most) || count != static_cast<int>(count)) {
    throw errorOf(env, "CP_ARG_RANGE", "count of scenes must be a whole number of at least 1, with at most 2^26 pixels in all");
  }
  const size_t expected = static_cast<size_t>(count) * scenes::packedSceneLength;
  if (descriptions.ElementLength() != expected) {
    throw errorOf(env, "CP_ARG_SHAPE", "packed scenes have " + std::to_string(descriptions.ElementLength()) +
                                           " floats, expected " + std::to_string(expected));
  }
  auto job = std::make_unique<Job>();
  job->size = static_cast<int>(size);
  job->descriptions.resize(static_cast<size_t>(count));
  std::memcpy(job->descriptions.data(), descriptions.Data(), expected * sizeof(float));
  for (size_t i = 0; i < job->descriptions.size(); ++i) {
    const std::string fault = scenes::faultOf(job->descriptions[i]);
    if (!fault.empty()) throw errorOf(env, "CP_ARG_RANGE", "packed scene " + std::to_string(i) + ": " + fault);
  }
  return job;
}

void allocateResult(Napi::Env env, Job& job) {
  const size_t pixels = job.descriptions.size() * static_cast<size_t>(job.size) * static_cast<size_t>(job.size);
  auto rgb = Napi::Uint8Array::New(env, 3 * pixels);
  auto instances = Napi::Uint8Array::New(env, pixels);
  auto depth = Napi::Float32Array::New(env, pixels);
  job.rgb = rgb.Data();
  job.instances = instances.Data();
  job.depth = depth.Data();
  Napi::Object result = Napi::Object::New(env);
  result.Set("rgb", rgb);
  result.Set("instances", instances);
  result.Set("depth", depth);
  job.result = Napi::Persistent(result);
}

// Settles a job's promise. The environment may be on its way out: every status is ignored, nothing throws.
void settle(napi_env env, Job& job) noexcept {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value value = nullptr;
  if (job.finished) {
    napi_value reference = nullptr;
    if (napi_get_reference_value(env, job.result, &reference) == napi_ok && reference) {
      napi_resolve_deferred(env, job.deferred, reference);
    }
  } else {
    napi_value code = nullptr, message = nullptr;
    napi_create_string_utf8(env, "CP_CLOSED", NAPI_AUTO_LENGTH, &code);
    napi_create_string_utf8(env, "the scene renderer was closed before these scenes were rendered", NAPI_AUTO_LENGTH, &message);
    if (napi_create_error(env, code, message, &value) == napi_ok) napi_reject_deferred(env, job.deferred, value);
  }
  napi_close_handle_scope(env, scope);
}

class SceneRenderer : public Napi::ObjectWrap<SceneRenderer> {
 public:
  explicit SceneRenderer(const Napi::CallbackInfo& info);
  ~SceneRenderer() override;

  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "SceneRenderer",
                       {InstanceMethod("render", &SceneRenderer::render), InstanceMethod("close", &SceneRenderer::close)});
  }

 private:
  Napi::Value render(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  void work() noexcept;                // the renderer's thread
  void renderJob(Job& job) noexcept;   // the renderer's thread
  void stop() noexcept;                // JavaScript's thread
  static void cleanUp(void* renderer) noexcept { static_cast<SceneRenderer*>(renderer)->stop(); }
  static void deliver(napi_env env, napi_value, void* renderer, void* job) noexcept;
  void finish(napi_env env, std::unique_ptr<Job> job) noexcept;

  napi_env env_;
  napi_threadsafe_function deliver_ = nullptr;
  size_t pending_ = 0;  // promises not yet settled; JavaScript's thread alone
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Job>> queue_;  // guarded by mutex_
  std::atomic<bool> stopping_{false};
};

SceneRenderer::SceneRenderer(const Napi::CallbackInfo& info) : ObjectWrap(info), env_(info.Env()) {
  const Napi::String name = Napi::String::New(info.Env(), "counterpoint scenes");
  if (napi_create_threadsafe_function(env_, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, deliver, &deliver_) !=
      napi_ok) {
    throw errorOf(info.Env(), "CP_INTERNAL", "no channel back from the scene renderer's thread");
  }
  // Only promises that are waited for keep the process alive.
  napi_unref_threadsafe_function(env_, deliver_);
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::exception&) {
    napi_release_threadsafe_function(deliver_, napi_tsfn_abort);
    throw errorOf(info.Env(), "CP_OOM_HOST", "no thread for the scene renderer");
  }
  // Hooks run newest first: this one joins the thread before the channel's own hook closes the channel.
  napi_add_env_cleanup_hook(env_, cleanUp, this);
}

SceneRenderer::~SceneRenderer() {
  if (thread_.joinable()) stop();
}

Napi::Value SceneRenderer::render(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (stopping_) throw errorOf(env, "CP_CLOSED", "the scene renderer is closed");
  try {
    std::unique_ptr<Job> job = jobOf(info);
    allocateResult(env, *job);
    napi_value promise = nullptr;
    if (napi_create_promise(env, &job->deferred, &promise) != napi_ok) throw Napi::Error::New(env);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      queue_.push_back(std::move(job));
    }
    if (pending_++ == 0) {
      napi_ref_threadsafe_function(env, deliver_);
      Ref();  // not to be collected under its own thread
    }
    wake_.notify_one();
    return Napi::Value(env, promise);
  } catch (const std::bad_alloc&) {
    throw errorOf(env, "CP_OOM_HOST", "no memory for the rendered scenes");
  }
}

void SceneRenderer::close(const Napi::CallbackInfo& info) {
  if (!thread_.joinable()) return;
  stop();
  while (!queue_.empty()) {
    std::unique_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    finish(info.Env(), std::move(job));
  }
}

// After this the thread is gone; jobs it did not finish are in the queue. Idempotent.
void SceneRenderer::stop() noexcept {
  if (!thread_.joinable()) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  napi_remove_env_cleanup_hook(env_, cleanUp, this);
  // What was delivered but not yet received still is: the channel closes when it is empty.
  napi_release_threadsafe_function(deliver_, napi_tsfn_release);
}

void SceneRenderer::work() noexcept {
  for (;;) {
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    // Kept at the front while it is rendered: what the stop interrupts is still in the queue.
    Job& job = *queue_.front();
    lock.unlock();
    renderJob(job);
    if (!job.finished) return;
    lock.lock();
    Job* done = queue_.front().release();
    queue_.pop_front();
    lock.unlock();
    // Refused only where the channel is closed, so that nobody waits; the handles in the job are then not ours to free.
    napi_call_threadsafe_function(deliver_, done, napi_tsfn_nonblocking);
  }
}

void SceneRenderer::renderJob(Job& job) noexcept {
  const size_t pixels = static_cast<size_t>(job.size) * static_cast<size_t>(job.size);
  constexpr int rowsAtOnce = 16;  // between looks at the stop
  for (size_t i = 0; i < job.descriptions.size(); ++i) {
    const scenes::Picture picture{job.rgb + 3 * i * pixels, job.instances + i * pixels, job.depth + i * pixels};
    for (int row = 0; row < job.size; row += rowsAtOnce) {
      if (stopping_) return;
      const int end = row + rowsAtOnce < job.size ? row + rowsAtOnce : job.size;
      scenes::renderRows(job.descriptions[i], job.size, row, end, picture);
    }
  }
  job.finished = true;
}

void SceneRenderer::deliver(napi_env env, napi_value, void* renderer, void* data) noexcept {
  std::unique_ptr<Job> job(static_cast<Job*>(data));
  if (env) {
    static_cast<SceneRenderer*>(renderer)->finish(env, std::move(job));
  } else {
    job->result.SuppressDestruct();  // the environment is gone and its references with it
  }
}

void SceneRenderer::finish(napi_env env, std::unique_ptr<Job> job) noexcept {
  settle(env, *job);
  job.reset();
  if (--pending_ == 0) {
    if (!stopping_) napi_unref_threadsafe_function(env, deliver_);
    Unref();
  }
}

}  // namespace

void defineScenes(Napi::Env env, Napi::Object exports) { exports.Set("SceneRenderer", SceneRenderer::define(env)); }

}  // namespace counterpoint::binding
