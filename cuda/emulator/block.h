// A block of threads on the host: fibres, barriers, warps, shared memory, and copies that take their time.
//
// A thread runs until it has to wait for others; then it is the turn of another lane of its warp, and only when none of them
// can go on that of another warp, in an order that the seed shuffles. Warps are thus as far apart as barriers let them be, and
// a kernel that leaves one out reads, under some seed, what has not been written yet or what was overwritten already: shared
// memory begins as NaN (poison), and a copy that was not waited for has not arrived. Everything the hardware forbids ends the
// launch with an `Error` that names the block, the thread and the word; so does a block in which all wait.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "emulator/fibre.h"

namespace counterpoint::emulator {

struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Coordinates {
  unsigned x = 0, y = 0, z = 0;
};

constexpr int warpSize = 32;

// What a launch asks for.
struct Shape {
  Coordinates grid{1, 1, 1};
  int threads = warpSize;  // a block's; whole warps
  size_t sharedBytes = 0;
};

// What was counted while blocks ran.
struct Statistics {
  uint64_t barriers = 0;
  // Reads of eight rows that had to be taken in turn, because rows lay in the same banks.
  uint64_t bankConflicts = 0;
};

// An asynchronous copy from global to shared memory; bytes beyond `present` arrive as zeros.
struct Copy {
  uint8_t* target;
  const uint8_t* source;
  int bytes, present;
};

class Block {
 public:
  Block(const Shape& shape, uint64_t seed);
  ~Block();

  // Runs one block to its end. Throws Error.
  void run(Coordinates index, const std::function<void()>& body);

  const Statistics& counted() const { return statistics; }

  // ---- For the words, called by the block's own threads ----

  static Block& current();

  int thread() const { return running; }
  Coordinates index() const { return position; }
  const Shape& launched() const { return shape; }
  uint8_t* shared() const { return sharedMemory; }

  // All threads of the block.
  void barrier();

  // All lanes of a warp: every lane leaves `slot`; the last to come calls `meet` with all 32 of them. All must have come
  // for the same word.
  void together(const char* word, void* slot, void (*meet)(void* const* slots));

  // The thread's own copies, in groups: they arrive when waited for and, where the seed says so, some time before; those of
  // a group in any order.
  void copyLater(const Copy& copy);
  void commitCopies();
  void waitForCopies(int groupsLeft);

  // Ends the launch.
  [[noreturn]] void fail(const std::string& what);
  // The same for a thread that the system stopped at an address that is nobody's: leaves it where it is.
  [[noreturn]] void stray();
  // `bytes` from `address` on lie in shared memory, at a multiple of `alignment`.
  void requireShared(const char* word, const void* address, size_t bytes, size_t alignment);
  void countConflicts(uint64_t conflicts) { statistics.bankConflicts += conflicts; }

 private:
  struct Thread {
    Fibre fibre;
    bool done = false;
    const char* waitsFor = nullptr;
    std::vector<Copy> open;                     // not committed yet
    std::vector<std::vector<Copy>> committed;  // oldest first
  };
  struct Warp {
    int arrived = 0;
    uint64_t meetings = 0;
    const char* word = nullptr;
    void* slots[warpSize] = {};
  };

  static void enter(void* self);
  void body();
  void end(Thread& thread);
  template <class Condition>
  void waitUntil(const char* what, const Condition& condition);
  void yield();
  int nextThread();
  void arrive(std::vector<Copy>& copies);
  std::string waiting() const;

  Shape shape;
  std::mt19937_64 random;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  std::vector<int> warpOrder, laneOrder;
  size_t warpTurn = 0, laneTurn = 0;
  std::unique_ptr<uint8_t[]> sharedOwner;
  uint8_t* sharedMemory = nullptr;
  uint8_t* stacks = nullptr;

  Fibre host;
  const std::function<void()>* kernel = nullptr;
  Coordinates position;
  int running = 0, alive = 0, atBarrier = 0;
  uint64_t barriersPassed = 0;
  uint64_t events = 0, eventsSeen = 0;  // an event is anything that may let somebody go on
  int idleTurns = 0, idleInWarp = 0;    // since the last
  std::string error;
  Statistics statistics;
};

// Runs all blocks of a grid, one after the other in an order that the seed shuffles. Throws Error.
Statistics launch(const Shape& shape, uint64_t seed, const std::function<void()>& kernel);

}  // namespace counterpoint::emulator
