// A fibre: a function on a stack of its own that runs until it hands over to another. The emulator's threads are fibres of
// one thread of the host, so that a block's threads run in an order that a seed decides and nothing else.
#pragma once
#include <cstddef>

namespace counterpoint::emulator {

class Fibre {
 public:
  // The fibre that the host's thread is, once something was switched to from it.
  Fibre() = default;

  // Begins anew: the next switch to it calls entry(argument), which must never return but switch away for good.
  void prepare(void* stack, size_t bytes, void (*entry)(void*), void* argument);

  // Runs `to` from where it was left; returns when something switches back to `from`.
  static void switchTo(Fibre& from, Fibre& to);

 private:
  static void start();

  void* pointer = nullptr;  // of the stack, where all that a call preserves has been pushed
  void (*entry)(void*) = nullptr;
  void* argument = nullptr;
  void* stack = nullptr;
  size_t bytes = 0;
  void* shadow = nullptr;  // the sanitizer's
};

}  // namespace counterpoint::emulator
