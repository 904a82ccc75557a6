// See queue.h. `mutex` guards everything; a job's own fields belong to whoever holds the job, except its flag.
#include "machine/queue.h"

namespace counterpoint {

Queue::Queue() : thread([this] { work(); }) {}

void Queue::submit(std::unique_ptr<Job> job) {
  std::lock_guard lock(mutex);
  if (closed) throw Error{"CP_CLOSED", "the device is closed"};
  waiting.push_back(std::move(job));
  wake.notify_one();
}

void Queue::cancel(uint64_t ticket) {
  std::lock_guard lock(mutex);
  if (running && running->ticket == ticket) running->cancelled = true;
  for (const auto& job : waiting) {
    if (job->ticket == ticket) job->cancelled = true;
  }
}

void Queue::close(std::unique_ptr<Job> last) {
  submit(std::move(last));
  std::lock_guard lock(mutex);
  closed = true;
  wake.notify_one();
}

void Queue::abort() {
  {
    std::lock_guard lock(mutex);
    closed = true;
    if (running) running->cancelled = true;
    for (const auto& job : waiting) job->cancelled = true;
    wake.notify_one();
  }
  if (thread.joinable()) thread.join();
}

void Queue::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    wake.wait(lock, [this] { return closed || !waiting.empty(); });
    if (waiting.empty()) return;
    std::unique_ptr<Job> job = std::move(waiting.front());
    waiting.pop_front();
    running = job.get();
    lock.unlock();
    try {
      if (job->cancelled) throw Error{"CP_CANCELLED", "cancelled before it began"};
      job->work(*job);
    } catch (...) {
      job->error = currentError();
    }
    lock.lock();
    running = nullptr;
    lock.unlock();
    // What the work holds (programs, regions) is let go of before anyone hears that it is over.
    job->work = nullptr;
    const auto done = std::move(job->done);
    done(std::move(job));
    lock.lock();
  }
}

}  // namespace counterpoint
