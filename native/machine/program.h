// A program: decoded from bytes and verified. The format stands in lib/program/encode.ts.
//
// The bytes are hostile until proven otherwise. Once a Program exists, running it over regions of at least
// `regionBytes` touches no byte outside them, whatever the tensors hold, and writes to nothing but state and arena.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "machine/context.h"
#include "machine/op-table.h"

namespace counterpoint {

constexpr uint64_t elementBytes[] = {4, 4, 1, 2, 2};  // by dtype

enum class RegionKind : uint8_t { weights, state, inputs, arena };
constexpr int regionCount = 4;

struct Operand {
  bool present = false;
  RegionKind region = RegionKind::weights;
  uint64_t offset = 0;  // bytes
  uint64_t bytes = 0;
  Tensor tensor;  // without its data, which depends on the run's regions
};

struct Instruction {
  const OpEntry* op = nullptr;
  std::vector<Operand> operands;  // the op's operands, then its results
  std::vector<double> attributes;
  uint32_t frame = 0;
};

// What a device's kernels store real numbers in where the op leaves it open: f32 alone, and then weights in bf16 as well; or
// any of them, and weights as the rest.
enum class Storage : uint8_t { f32, anyReal };

class Program {
 public:
  // Throws Error CP_PROGRAM_INVALID with the instruction's index and frame.
  Program(const uint8_t* bytes, size_t size, Storage storage);

  const std::vector<Instruction>& instructions() const { return list; }
  const std::string& frame(const Instruction& instruction) const { return frames[instruction.frame]; }

  // What each region must at least hold.
  uint64_t regionBytes(RegionKind kind) const { return required[static_cast<int>(kind)]; }

 private:
  uint64_t required[regionCount] = {};
  std::vector<std::string> frames;
  std::vector<Instruction> list;
};

}  // namespace counterpoint
