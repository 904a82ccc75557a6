// Random submissions, cancellations, closings and abortings of a queue: every job comes back exactly once and in order,
// one that was cancelled before it began never works, and nothing is taken after the end. Meant for a thread sanitizer:
//   queue [<rounds>] [<seed>]
#include "machine/queue.h"

#include <cstdio>
#include <cstdlib>
#include <random>

using namespace counterpoint;

namespace {

std::mt19937_64 randomBits(1);

uint64_t below(uint64_t limit) { return randomBits() % limit; }

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::exit(1);
}

struct Counts {
  std::atomic<uint64_t> lastDone{0};
  std::atomic<uint64_t> done{0};
  std::atomic<bool> inOrder{true};
};

std::unique_ptr<Job> jobOf(uint64_t ticket, Counts& counts) {
  auto job = std::make_unique<Job>();
  job->ticket = ticket;
  job->work = [steps = below(64)](Job& self) {
    for (uint64_t i = 0; i < steps; ++i) {
      if (self.cancelled) throw Error{"CP_CANCELLED", "cancelled", static_cast<int64_t>(i), {}};
      std::this_thread::yield();
    }
  };
  job->done = [&counts](std::unique_ptr<Job> job) {
    if (job->ticket != counts.lastDone + 1) counts.inOrder = false;
    counts.lastDone = job->ticket;
    ++counts.done;
  };
  return job;
}

void round() {
  Counts counts;
  uint64_t submitted = 0;
  bool closed = false;
  {
    Queue queue;
    for (uint64_t steps = below(40); steps > 0; --steps) {
      const uint64_t choice = below(20);
      if (choice == 0 && !closed) {
        queue.close(jobOf(++submitted, counts));
        closed = true;
      } else if (choice == 1) {
        queue.abort();
        require(counts.done == submitted, "a job was lost when the queue was aborted");
        closed = true;
      } else if (choice < 6) {
        queue.cancel(1 + below(submitted + 1));
      } else {
        try {
          queue.submit(jobOf(submitted + 1, counts));
          ++submitted;
          require(!closed, "a closed queue took a job");
        } catch (const Error& error) {
          require(closed && error.code == "CP_CLOSED", "an open queue refused a job");
        }
      }
    }
  }
  require(counts.done == submitted, "a job was lost or came back twice");
  require(counts.inOrder, "jobs came back out of order");
}

}  // namespace

int main(int count, char** arguments) {
  const uint64_t rounds = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 2000;
  if (count > 2) randomBits.seed(std::strtoull(arguments[2], nullptr, 10));
  for (uint64_t i = 0; i < rounds; ++i) round();
  std::printf("%llu queues\n", static_cast<unsigned long long>(rounds));
  return 0;
}
