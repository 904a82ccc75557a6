// See shape-check.h; the same rules as bindShape, resolveShape and inferShapes of lib/graph.
#include "machine/shape-check.h"

#include <cmath>

#include "machine/error.h"

namespace counterpoint {

namespace {

[[noreturn]] void refuse(const std::string& text) { throw Error{"CP_PROGRAM_INVALID", text}; }

std::string quoted(const char* kind, const char* name) { return std::string(kind) + " \"" + name + "\""; }

std::string shapeText(const Tensor& tensor) {
  std::string text = "[";
  for (int axis = 0; axis < tensor.rank; ++axis) text += (axis ? "," : "") + std::to_string(tensor.shape[axis]);
  return text + "]";
}

bool overlap(const Operand& a, const Operand& b) {
  if (!a.present || !b.present || a.region != b.region) return false;
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

}  // namespace

// `compute(a, b, &value)` says whether there is a value.
template <class Compute>
Size Size::combine(Size a, Size b, Compute compute) {
  if (!a.isBound() || !b.isBound()) return Size();
  Size result;
  const bool known = a.state == State::known && b.state == State::known && compute(a.number, b.number, &result.number);
  result.state = known ? State::known : State::none;
  return result;
}

Size operator+(Size a, Size b) {
  if (!a.isBound()) return b;
  if (!b.isBound()) return a;
  return Size::combine(a, b, [](int64_t x, int64_t y, int64_t* out) { return !__builtin_add_overflow(x, y, out); });
}

Size operator-(Size a, Size b) {
  return Size::combine(a, b, [](int64_t x, int64_t y, int64_t* out) { return !__builtin_sub_overflow(x, y, out); });
}

Size operator*(Size a, Size b) {
  return Size::combine(a, b, [](int64_t x, int64_t y, int64_t* out) { return !__builtin_mul_overflow(x, y, out); });
}

Size operator/(Size a, Size b) {
  return Size::combine(a, b, [](int64_t x, int64_t y, int64_t* out) {
    if (y <= 0 || x % y != 0) return false;
    *out = x / y;
    return true;
  });
}

Size operator%(Size a, Size b) {
  return Size::combine(a, b, [](int64_t x, int64_t y, int64_t* out) {
    if (y <= 0) return false;
    *out = x % y;
    return true;
  });
}

Size ceilDivide(Size a, Size b) {
  return Size::combine(a, b, [](int64_t x, int64_t y, int64_t* out) {
    if (x < 0 || y <= 0) return false;
    *out = x / y + (x % y != 0);
    return true;
  });
}

Size operator==(Size a, Size b) {
  return Size::combine(a, b, [](int64_t x, int64_t y, int64_t* out) { return *out = x == y, true; });
}

Size operator<=(Size a, Size b) {
  return Size::combine(a, b, [](int64_t x, int64_t y, int64_t* out) { return *out = x <= y, true; });
}

Size operator>=(Size a, Size b) { return b <= a; }

Size ShapeCheck::integer(const char* name) {
  const double value = nextAttribute();
  if (!(value >= 0 && value <= 9007199254740992.0 && value == std::floor(value))) {
    refuse(quoted("attribute", name) + " is " + std::to_string(value) + ", expected a whole number from 0");
  }
  return Size(static_cast<int64_t>(value));
}

void ShapeCheck::real(const char* name) {
  if (!std::isfinite(nextAttribute())) refuse(quoted("attribute", name) + " is not finite");
}

int ShapeCheck::choice(const char* name, int count) {
  const Size value = integer(name);
  for (int i = 0; i < count; ++i) {
    if (value.is(i)) return i;
  }
  refuse(quoted("attribute", name) + " has no choice " + value.text());
}

bool ShapeCheck::admits(DtypeRule rule, Dtype dtype) {
  const bool real = dtype == Dtype::f32 || dtype == Dtype::f16 || dtype == Dtype::bf16;
  switch (rule.kind) {
    case DtypeRule::Kind::exact:
      return dtype == rule.dtype;
    case DtypeRule::Kind::anyReal:
      return real;
    case DtypeRule::Kind::storage:
      if (!real || (allowed == Storage::f32 && dtype != Dtype::f32)) return false;
      if (!bound) bound = dtype;
      return *bound == dtype;
    case DtypeRule::Kind::weight:
      if (!bound) return false;
      return *bound == dtype || (allowed == Storage::f32 && dtype == Dtype::bf16);
  }
  return false;
}

const Operand* ShapeCheck::next(const char* name, DtypeRule rule, bool write) {
  if (write) writes |= uint64_t{1} << tensor;
  const Operand& operand = instruction.operands[tensor++];
  if (!operand.present) return nullptr;
  if (!admits(rule, operand.tensor.dtype)) refuse(quoted("tensor", name) + " has the wrong dtype");
  if (write && operand.region != RegionKind::state && operand.region != RegionKind::arena) {
    refuse(quoted("tensor", name) + " would be written outside state and arena");
  }
  return &operand;
}

void ShapeCheck::operand(const char* name, DtypeRule dtype, Pattern pattern) {
  const Operand* operand = next(name, dtype, false);
  if (!operand) refuse(quoted("operand", name) + " is missing");
  match(name, *operand, pattern);
}

void ShapeCheck::optional(const char* name, DtypeRule dtype, Pattern pattern) {
  const Operand* operand = next(name, dtype, false);
  if (operand) match(name, *operand, pattern);
}

void ShapeCheck::mutated(const char* name, DtypeRule dtype, Pattern pattern) {
  const Operand* operand = next(name, dtype, true);
  if (!operand) refuse(quoted("operand", name) + " is missing");
  match(name, *operand, pattern);
}

void ShapeCheck::result(const char* name, DtypeRule dtype, Pattern pattern) {
  const Operand* operand = next(name, dtype, true);
  if (!operand) refuse(quoted("result", name) + " is missing");
  match(name, *operand, pattern);
}

void ShapeCheck::expect(size_t index, const char* name, Pattern pattern) {
  if (instruction.operands[index].present) match(name, instruction.operands[index], pattern);
}

void ShapeCheck::match(const char* name, const Operand& operand, Pattern pattern) {
  const Tensor& shape = operand.tensor;
  bool hasRest = false;
  for (const Word& word : pattern) hasRest |= word.kind == rest;
  const int spare = shape.rank - static_cast<int>(pattern.size()) + (hasRest ? 1 : 0);
  if (hasRest ? spare < 0 : spare != 0) refuse(quoted("tensor", name) + " has rank " + std::to_string(shape.rank));
  int axis = 0;
  for (const Word& word : pattern) {
    if (word.kind == rest) {
      if (!restOf) {
        restOf = &shape;
        restAxis = axis;
        restRank = spare;
      }
      bool same = restRank == spare;
      for (int i = 0; same && i < spare; ++i) same = shape.shape[axis + i] == restOf->shape[restAxis + i];
      if (!same) {
        refuse(quoted("tensor", name) + " " + shapeText(shape) + " differs from " + shapeText(*restOf) +
               " in the dimensions that ... stands for");
      }
      axis += spare;
      continue;
    }
    const int64_t size = shape.shape[axis++];
    if (word.kind == any) continue;
    if (word.kind == Word::Kind::bind && !word.name->isBound()) *word.name = Size(size);
    const Size wanted = word.kind == Word::Kind::bind ? *word.name : word.size;
    if (!wanted.is(size)) {
      refuse(quoted("tensor", name) + " is " + shapeText(shape) + ", expected " + wanted.text() + " on axis " +
             std::to_string(axis - 1));
    }
  }
}

Size ShapeCheck::rows() const {
  if (!restOf) return Size();
  Size product(1);
  for (int i = 0; i < restRank; ++i) product = product * Size(restOf->shape[restAxis + i]);
  return product;
}

void ShapeCheck::where(const char* text, Size holds) const {
  if (holds.isBound() && !holds.is(1)) refuse(std::string(text) + " does not hold");
}

void ShapeCheck::written() const {
  for (size_t i = 0; i < instruction.operands.size(); ++i) {
    for (size_t j = 0; j < instruction.operands.size(); ++j) {
      if (i != j && (writes >> i & 1) && overlap(instruction.operands[i], instruction.operands[j])) {
        refuse("tensor " + std::to_string(i) + " is written over tensor " + std::to_string(j));
      }
    }
  }
}

}  // namespace counterpoint
