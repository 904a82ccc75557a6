// See block.h.
#include "emulator/block.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace counterpoint::emulator {

namespace {

constexpr size_t stackBytes = 128 * 1024;
constexpr size_t sharedAlignment = 1024;
// Behind the shared memory, so that a write past its end shows.
constexpr size_t fenceBytes = 1024;
constexpr uint8_t poison = 0xff;  // NaN in every floating-point type

thread_local Block* active = nullptr;

// Unwinds a thread that failed.
struct Failed {};

struct sigaction handlerBefore;

// A kernel's thread that touched what it may not goes on in `lost`, on its own stack; anybody else's fault is passed on.
void onFault(int signal, siginfo_t* info, void* context) {
  if (!active) {
    if (handlerBefore.sa_flags & SA_SIGINFO) return handlerBefore.sa_sigaction(signal, info, context);
    if (handlerBefore.sa_handler != SIG_DFL && handlerBefore.sa_handler != SIG_IGN) return handlerBefore.sa_handler(signal);
    sigaction(SIGSEGV, &handlerBefore, nullptr);  // the access is tried again, and ends the process
    return;
  }
  void (*const lost)() = [] { active->stray(); };
  mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  // As a call would leave it: eight bytes off a multiple of sixteen, beyond what the function may keep below its stack.
  machine.gregs[REG_RSP] = (machine.gregs[REG_RSP] - 256) / 16 * 16 - 8;
  machine.gregs[REG_RIP] = reinterpret_cast<greg_t>(lost);
#else
  machine.pc = reinterpret_cast<uintptr_t>(lost);
#endif
}

// Once in a process. The sanitizers have a handler of their own, which says more.
void watchForFaults() {
#if !defined(__SANITIZE_ADDRESS__)
  static const int installed = [] {
    struct sigaction handler = {};
    handler.sa_sigaction = onFault;
    handler.sa_flags = SA_SIGINFO | SA_ONSTACK;
    return sigaction(SIGSEGV, &handler, &handlerBefore);
  }();
  static_cast<void>(installed);
#endif
}

std::string text(Coordinates c) {
  return "(" + std::to_string(c.x) + ", " + std::to_string(c.y) + ", " + std::to_string(c.z) + ")";
}

}  // namespace

Block::Block(const Shape& shape, uint64_t seed)
    : shape(shape), random(seed), threads(static_cast<size_t>(shape.threads)), laneOrder(warpSize) {
  if (shape.threads <= 0 || shape.threads > 1024 || shape.threads % warpSize != 0) {
    throw Error("a block of " + std::to_string(shape.threads) + " threads: expected whole warps, at most 1024 threads");
  }
  warps.resize(threads.size() / warpSize);
  warpOrder.resize(warps.size());
  sharedOwner.reset(new uint8_t[shape.sharedBytes + sharedAlignment + fenceBytes]);
  const uintptr_t start = reinterpret_cast<uintptr_t>(sharedOwner.get());
  sharedMemory = sharedOwner.get() + (sharedAlignment - start % sharedAlignment) % sharedAlignment;
  void* mapped = mmap(nullptr, stackBytes * threads.size(), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw Error("no memory for the stacks of a block");
  stacks = static_cast<uint8_t*>(mapped);
  std::iota(warpOrder.begin(), warpOrder.end(), 0);
  std::iota(laneOrder.begin(), laneOrder.end(), 0);
}

Block::~Block() { munmap(stacks, stackBytes * threads.size()); }

Block& Block::current() { return *active; }

void Block::run(Coordinates index, const std::function<void()>& body) {
  position = index, kernel = &body;
  alive = shape.threads, atBarrier = 0, idleTurns = 0;
  error.clear();
  for (Warp& warp : warps) warp = Warp{};
  std::memset(sharedMemory, poison, shape.sharedBytes + fenceBytes);
  for (size_t i = 0; i < threads.size(); ++i) {
    threads[i] = Thread{};
    threads[i].fibre.prepare(stacks + i * stackBytes, stackBytes, &Block::enter, this);
  }
  // As if all lanes of the last warp had just tried: the block begins in an order of its own.
  warpTurn = warpOrder.size() - 1, laneTurn = laneOrder.size() - 1, idleInWarp = warpSize;
  running = nextThread();
  Block* const outer = active;
  active = this;
  Fibre::switchTo(host, threads[static_cast<size_t>(running)].fibre);
  active = outer;
  const uint8_t* fence = sharedMemory + shape.sharedBytes;
  if (error.empty() && std::any_of(fence, fence + fenceBytes, [](uint8_t byte) { return byte != poison; })) {
    error = "block " + text(position) + ": wrote behind the shared memory of " + std::to_string(shape.sharedBytes) + " bytes";
  }
  if (!error.empty()) throw Error(error);
}

void Block::enter(void* self) { static_cast<Block*>(self)->body(); }

void Block::body() {
  Fibre& own = threads[static_cast<size_t>(running)].fibre;
  try {
    (*kernel)();
    end(threads[static_cast<size_t>(running)]);
    if (alive > 0) yield();
  } catch (const Failed&) {
    // The other threads' stacks are left as they are: kernels own nothing.
  }
  Fibre::switchTo(own, host);
}

void Block::end(Thread& thread) {
  // What a thread leaves open arrives all the same, at the latest now.
  for (auto& group : thread.committed) arrive(group);
  arrive(thread.open);
  thread.done = true;
  --alive, ++events;
  if (atBarrier > 0 && atBarrier == alive) fail("a thread ended while the others wait at a barrier");
}

void Block::yield() {
  if (events != eventsSeen) eventsSeen = events, idleTurns = idleInWarp = 0;
  else ++idleTurns, ++idleInWarp;
  if (idleTurns > 4 * shape.threads) fail("all threads wait: " + waiting());
  const int from = running;
  running = nextThread();
  if (running == from) return;
  Fibre::switchTo(threads[static_cast<size_t>(from)].fibre, threads[static_cast<size_t>(running)].fibre);
}

// The next lane of the warp, or, where all have tried, the first of the next warp; never one that has ended.
int Block::nextThread() {
  for (;;) {
    if (++laneTurn >= laneOrder.size() && idleInWarp < warpSize) laneTurn = 0;
    if (laneTurn >= laneOrder.size()) {
      laneTurn = 0, idleInWarp = 0;
      std::shuffle(laneOrder.begin(), laneOrder.end(), random);
      if (++warpTurn >= warpOrder.size()) {
        warpTurn = 0;
        std::shuffle(warpOrder.begin(), warpOrder.end(), random);
      }
    }
    const int next = warpOrder[warpTurn] * warpSize + laneOrder[laneTurn];
    if (!threads[static_cast<size_t>(next)].done) return next;
    ++idleInWarp;  // so that a warp that has ended is left
  }
}

template <class Condition>
void Block::waitUntil(const char* what, const Condition& condition) {
  Thread& self = threads[static_cast<size_t>(running)];
  self.waitsFor = what;
  while (!condition()) yield();
  self.waitsFor = nullptr;
}

void Block::barrier() {
  ++events;
  const uint64_t passed = barriersPassed;
  if (++atBarrier == alive) {
    if (alive != shape.threads) fail("a barrier that not all threads reach: some have ended");
    atBarrier = 0, ++barriersPassed, ++statistics.barriers;
    yield();  // lest the last to come is always the first to go on
    return;
  }
  waitUntil("barrier", [&] { return barriersPassed != passed; });
}

void Block::together(const char* word, void* slot, void (*meet)(void* const* slots)) {
  ++events;
  Warp& warp = warps[static_cast<size_t>(running / warpSize)];
  if (warp.arrived == 0) warp.word = word;
  else if (warp.word != word && std::strcmp(warp.word, word) != 0) {
    fail(std::string("lanes of one warp meet for ") + warp.word + " and for " + word);
  }
  warp.slots[running % warpSize] = slot;
  const uint64_t meeting = warp.meetings;
  if (++warp.arrived == warpSize) {
    meet(warp.slots);
    warp.arrived = 0, ++warp.meetings;
    return;
  }
  waitUntil(word, [&] { return warp.meetings != meeting; });
}

void Block::copyLater(const Copy& copy) { threads[static_cast<size_t>(running)].open.push_back(copy); }

void Block::commitCopies() {
  Thread& self = threads[static_cast<size_t>(running)];
  self.committed.push_back(std::move(self.open));
  self.open.clear();
  // A quarter of the time something arrives long before it is waited for.
  if (random() % 4 == 0) arrive(self.committed[random() % self.committed.size()]);
}

void Block::waitForCopies(int groupsLeft) {
  auto& committed = threads[static_cast<size_t>(running)].committed;
  while (committed.size() > static_cast<size_t>(groupsLeft)) {
    arrive(committed.front());
    committed.erase(committed.begin());
  }
}

void Block::arrive(std::vector<Copy>& copies) {
  std::shuffle(copies.begin(), copies.end(), random);
  for (const Copy& copy : copies) {
    // A copy of nothing may come from nowhere.
    if (copy.present > 0) std::memcpy(copy.target, copy.source, static_cast<size_t>(copy.present));
    std::memset(copy.target + copy.present, 0, static_cast<size_t>(copy.bytes - copy.present));
  }
  copies.clear();
}

void Block::fail(const std::string& what) {
  error = "block " + text(position) + ", thread " + std::to_string(running) + ": " + what;
  throw Failed{};
}

void Block::stray() {
  error = "block " + text(position) + ", thread " + std::to_string(running) + ": touched memory outside of all allocations";
  Fibre::switchTo(threads[static_cast<size_t>(running)].fibre, host);
  __builtin_unreachable();
}

void Block::requireShared(const char* word, const void* address, size_t bytes, size_t alignment) {
  const auto* at = static_cast<const uint8_t*>(address);
  if (at < sharedMemory || at + bytes > sharedMemory + shape.sharedBytes) {
    fail(std::string(word) + " beside the shared memory of " + std::to_string(shape.sharedBytes) + " bytes, at " +
         std::to_string(at - sharedMemory));
  }
  if (static_cast<size_t>(at - sharedMemory) % alignment != 0) {
    fail(std::string(word) + " at byte " + std::to_string(at - sharedMemory) + " of shared memory: not a multiple of " +
         std::to_string(alignment));
  }
}

std::string Block::waiting() const {
  std::string list;
  for (size_t i = 0; i < threads.size(); ++i) {
    const Thread& thread = threads[i];
    if (thread.done || !thread.waitsFor) continue;
    const bool repeats = i > 0 && threads[i - 1].waitsFor && std::strcmp(threads[i - 1].waitsFor, thread.waitsFor) == 0;
    if (!repeats) list += (list.empty() ? "from thread " : ", from ") + std::to_string(i) + " for " + thread.waitsFor;
  }
  return list;
}

Statistics launch(const Shape& shape, uint64_t seed, const std::function<void()>& kernel) {
  const uint64_t blocks = uint64_t{shape.grid.x} * shape.grid.y * shape.grid.z;
  if (blocks == 0) throw Error("a grid without blocks");
  watchForFaults();
  std::vector<uint64_t> order(blocks);
  std::iota(order.begin(), order.end(), uint64_t{0});
  std::mt19937_64 random(seed);
  std::shuffle(order.begin(), order.end(), random);
  Block block(shape, random());
  for (uint64_t i : order) {
    const auto x = static_cast<unsigned>(i % shape.grid.x), y = static_cast<unsigned>(i / shape.grid.x % shape.grid.y);
    block.run({x, y, static_cast<unsigned>(i / shape.grid.x / shape.grid.y)}, kernel);
  }
  return block.counted();
}

}  // namespace counterpoint::emulator
