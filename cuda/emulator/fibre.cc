// Switching stacks: see fibre.h. What the calling convention preserves is pushed, the stack pointer exchanged, and what was
// pushed there before popped.
#include "emulator/fibre.h"

#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

extern "C" void counterpointSwitchStack(void** save, void* next);

#if defined(__x86_64__)
asm(R"(
.text
.globl counterpointSwitchStack
.type counterpointSwitchStack, @function
counterpointSwitchStack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size counterpointSwitchStack, . - counterpointSwitchStack
)");
#elif defined(__aarch64__)
asm(R"(
.text
.globl counterpointSwitchStack
.type counterpointSwitchStack, %function
counterpointSwitchStack:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size counterpointSwitchStack, . - counterpointSwitchStack
)");
#else
#error "The emulator switches stacks on x86-64 and 64-bit ARM."
#endif

namespace counterpoint::emulator {

namespace {

#if defined(__x86_64__)
constexpr size_t savedWords = 6;  // below the return address
#else
constexpr size_t savedWords = 20;  // the return address is the twelfth
#endif

thread_local Fibre* arriving = nullptr;
thread_local Fibre* leaving = nullptr;

}  // namespace

void Fibre::prepare(void* newStack, size_t newBytes, void (*newEntry)(void*), void* newArgument) {
  stack = newStack, bytes = newBytes, entry = newEntry, argument = newArgument, shadow = nullptr;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(stack, bytes);  // of a fibre that was left for good in the middle of something
#endif
  const uintptr_t top = (reinterpret_cast<uintptr_t>(stack) + bytes) / 16 * 16;
#if defined(__x86_64__)
  // A function is entered with the stack eight bytes off a multiple of sixteen.
  void** word = reinterpret_cast<void**>(top - 16);
  *word = reinterpret_cast<void*>(&Fibre::start);
  word -= savedWords;
#else
  void** word = reinterpret_cast<void**>(top) - savedWords;
  word[11] = reinterpret_cast<void*>(&Fibre::start);
#endif
  pointer = word;
}

void Fibre::switchTo(Fibre& from, Fibre& to) {
  leaving = &from, arriving = &to;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&from.shadow, to.stack, to.bytes);
#endif
  counterpointSwitchStack(&from.pointer, to.pointer);
#if defined(__SANITIZE_ADDRESS__)
  const void* bottom = nullptr;
  size_t size = 0;
  __sanitizer_finish_switch_fiber(from.shadow, &bottom, &size);
  if (!leaving->stack) leaving->stack = const_cast<void*>(bottom), leaving->bytes = size;  // the host's own
#endif
}

void Fibre::start() {
  Fibre& self = *arriving;
#if defined(__SANITIZE_ADDRESS__)
  const void* bottom = nullptr;
  size_t size = 0;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &size);
  if (!leaving->stack) leaving->stack = const_cast<void*>(bottom), leaving->bytes = size;
#endif
  self.entry(self.argument);
  __builtin_trap();
}

}  // namespace counterpoint::emulator
