// The words that the generated checks of instructions are written in (generated/decode.cc): sizes with checked
// arithmetic, and a check that walks an instruction's attributes, operands and results in the op's order.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "machine/program.h"

namespace counterpoint {

// An integer of a shape rule. Arithmetic that overflows or divides with a remainder has no value. A size is unbound
// where the only operands that would bind it are absent, and is then nothing in a sum. A comparison is 1 or 0, unbound
// where a side is.
class Size {
 public:
  Size() = default;
  explicit Size(int64_t value) : number(value), state(State::known) {}

  bool isBound() const { return state != State::unbound; }
  bool is(int64_t value) const { return state == State::known && number == value; }
  std::string text() const { return state == State::known ? std::to_string(number) : "?"; }

  friend Size operator+(Size a, Size b);
  friend Size operator-(Size a, Size b);
  friend Size operator*(Size a, Size b);
  friend Size operator/(Size a, Size b);
  friend Size operator%(Size a, Size b);
  friend Size operator==(Size a, Size b);
  friend Size operator<=(Size a, Size b);
  friend Size operator>=(Size a, Size b);
  friend Size ceilDivide(Size a, Size b);

 private:
  enum class State : uint8_t { unbound, none, known };
  template <class Compute>
  static Size combine(Size a, Size b, Compute compute);

  int64_t number = 0;
  State state = State::unbound;
};

// One dimension of a pattern: `...`, a name to bind, a size to equal, or any size.
struct Word {
  enum class Kind : uint8_t { rest, any, bind, equal };
  Word(Kind kind) : kind(kind) {}
  Word(Size* name) : kind(Kind::bind), name(name) {}
  Word(Size size) : kind(Kind::equal), size(size) {}

  Kind kind;
  Size* name = nullptr;
  Size size;
};

constexpr Word::Kind rest = Word::Kind::rest;
constexpr Word::Kind any = Word::Kind::any;

// What an op says of a tensor's dtype: one of them; any real one; the instruction's storage, which the first such tensor
// binds and all others share; or, of a weight behind that one, the storage or what the device takes beside it.
struct DtypeRule {
  enum class Kind : uint8_t { exact, anyReal, storage, weight };
  DtypeRule(Dtype dtype) : dtype(dtype) {}
  DtypeRule(Kind kind) : kind(kind) {}

  Kind kind = Kind::exact;
  Dtype dtype = Dtype::f32;
};

constexpr DtypeRule::Kind storage = DtypeRule::Kind::storage;
constexpr DtypeRule::Kind anyReal = DtypeRule::Kind::anyReal;
constexpr DtypeRule::Kind weight = DtypeRule::Kind::weight;

// Every member throws Error CP_PROGRAM_INVALID at what it finds wrong, and moves on to the next attribute or tensor.
class ShapeCheck {
 public:
  ShapeCheck(const Instruction& instruction, Storage allowed) : instruction(instruction), allowed(allowed) {}

  Size integer(const char* name);            // a whole number from 0 to 2^53
  void real(const char* name);               // finite
  int choice(const char* name, int count);   // an index below `count`

  using Pattern = std::initializer_list<Word>;
  void operand(const char* name, DtypeRule dtype, Pattern pattern);
  void optional(const char* name, DtypeRule dtype, Pattern pattern);
  void mutated(const char* name, DtypeRule dtype, Pattern pattern);
  void result(const char* name, DtypeRule dtype, Pattern pattern);

  // What an operand has that was checked before.
  Dtype dtypeOf(size_t index) const { return instruction.operands[index].tensor.dtype; }

  // The product of the dimensions that `...` stands for.
  Size rows() const;

  // The second look at an operand, for words that are expressions of names bound later; nothing where it is absent.
  void expect(size_t index, const char* name, Pattern pattern);

  // A condition of the op; holds where one of its names is unbound.
  void where(const char* text, Size holds) const;

  // No written tensor shares a byte with another tensor of the instruction. Call last.
  void written() const;

 private:
  void match(const char* name, const Operand& operand, Pattern pattern);
  const Operand* next(const char* name, DtypeRule rule, bool write);
  bool admits(DtypeRule rule, Dtype dtype);
  double nextAttribute() { return instruction.attributes[attribute++]; }

  const Instruction& instruction;
  const Storage allowed;
  std::optional<Dtype> bound;  // the storage
  size_t tensor = 0;
  size_t attribute = 0;
  uint64_t writes = 0;               // bit i: tensor i is written
  const Tensor* restOf = nullptr;    // the tensor in which `...` stands for its first `restRank` dimensions
  int restAxis = 0;
  int restRank = 0;
};

}  // namespace counterpoint
