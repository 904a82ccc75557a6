// y[row][column] = one element of the sources, or zero: reals that are only moved, whatever their dtype, in pieces of up to 16 bytes.
#pragma once
#include <cstdint>
#include <initializer_list>

#include "loops.h"

namespace counterpoint::cuda {

// Where a piece of y comes from: a source, and which of its pieces. Source -1 is zeros.
struct Place {
  int source;
  int64_t piece;
};

template <class Piece, class Find>
struct GatherBody {
  Piece* y;
  const Piece *first, *second;
  unsigned width;
  Find find;

  DEVICE void operator()(unsigned i) const {
    const Place place = find(i / width, i % width);
    // No array of sources: one that is indexed at run time lies in local memory.
    y[i] = place.source < 0 ? Piece{} : (place.source == 0 ? first : second)[place.piece];
  }
};

struct alignas(16) Piece16 {
  uint64_t words[2];
};

// `make(elements)` gives the struct with `DEVICE Place operator()(unsigned row, unsigned column) const` for pieces of so many
// elements: columns, and places in the sources, then count in pieces. A row has `width` elements; that and `sizes`, all that
// places are computed from, are whole pieces. One source or two.
template <class Make>
void gather(Launcher& launcher, const Tensor& y, int64_t width, std::initializer_list<const Tensor*> sources,
            std::initializer_list<int64_t> sizes, const Make& make) {
  const int64_t element = y.dtype == Dtype::f32 ? 4 : 2;
  // The greatest power of two that divides all of it, in bytes.
  uint64_t bytes = 16 | static_cast<uint64_t>(width * element) | reinterpret_cast<uintptr_t>(y.data);
  for (int64_t size : sizes) bytes |= static_cast<uint64_t>(size * element);
  for (const Tensor* source : sources) bytes |= reinterpret_cast<uintptr_t>(source->data);
  const auto run = [&](auto piece) {
    using Piece = decltype(piece);
    const int64_t each = static_cast<int64_t>(sizeof(Piece)) / element;
    const auto* first = static_cast<const Piece*>((*sources.begin())->data);
    const auto* second = static_cast<const Piece*>((*(sources.end() - 1))->data);
    using Body = GatherBody<Piece, decltype(make(each))>;
    const Body body{static_cast<Piece*>(y.data), first, second, countable(width / each), make(each)};
    overElements(launcher, y.size() / each, body);
  };
  if (bytes % 16 == 0) run(Piece16{});
  else if (bytes % 4 == 0) run(uint32_t{});
  else run(uint16_t{});
}

}  // namespace counterpoint::cuda
