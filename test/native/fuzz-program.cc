// Mutated programs, decoded and verified; those that are accepted run over regions of exactly the bytes they ask for, every
// operand between pages of its own that cannot be touched. Weights and inputs must hold the same bytes after a run as before.
//   fuzz-program <folder of encoded programs> <count> [<seed>]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "guarded.h"
#include "machine/cpu-context.h"
#include "machine/error.h"
#include "machine/isa.h"
#include "machine/pool.h"
#include "machine/program.h"

using namespace counterpoint;

namespace {

using Bytes = std::vector<uint8_t>;
using Random = std::mt19937_64;

// What a program may ask for here: enough for every unmutated one, little enough for any loop over it to end soon.
constexpr uint64_t maxBytes = 1 << 17;

uint64_t below(Random& random, uint64_t limit) { return random() % limit; }

// Numbers at which arithmetic goes wrong.
uint64_t awkward(Random& random) {
  static const uint64_t values[] = {
      0, 1, 2, 3, 4, 7, 8, 63, 64, 255, 0x7fffffff, 0x80000000, 0xffffffff, uint64_t{1} << 32, uint64_t{1} << 62,
      0x7fffffffffffffff, uint64_t{1} << 63, ~uint64_t{0},  // then ∞, NaN, 1 and 2 as f64
      0x7ff0000000000000, 0x7ff8000000000000, 0x3ff0000000000000, 0x4000000000000000};
  return values[below(random, std::size(values))];
}

void mutate(Bytes& bytes, const std::vector<Bytes>& corpus, Random& random) {
  for (uint64_t edits = 1 + below(random, 3); edits > 0 && !bytes.empty(); --edits) {
    const size_t at = below(random, bytes.size());
    const size_t left = bytes.size() - at;
    switch (below(random, 8)) {
      case 0:
        bytes[at] ^= static_cast<uint8_t>(1u << below(random, 8));
        break;
      case 1:
        bytes[at] = static_cast<uint8_t>(random());
        break;
      case 2:
      case 3: {  // a number in place of another
        const uint64_t value = awkward(random);
        std::memcpy(&bytes[at], &value, std::min(left, size_t{4} << below(random, 2)));
        break;
      }
      case 4: {  // a number a little larger or smaller
        uint64_t value = 0;
        const size_t width = std::min(left, size_t{8});
        std::memcpy(&value, &bytes[at], width);
        value += below(random, 17) - 8;
        std::memcpy(&bytes[at], &value, width);
        break;
      }
      case 5: {  // one part of the program over another: an operand, a shape, an instruction
        const size_t from = below(random, bytes.size());
        const size_t length = std::min({left, bytes.size() - from, size_t{8} << below(random, 4)});
        std::memmove(&bytes[at], &bytes[from], length);
        break;
      }
      case 6: {  // a part of another program
        const Bytes& other = corpus[below(random, corpus.size())];
        const size_t length = std::min({left, other.size(), size_t{8} << below(random, 4)});
        std::memcpy(&bytes[at], &other[below(random, other.size() - length + 1)], length);
        break;
      }
      default:
        if (below(random, 8) == 0) bytes.resize(at);
    }
  }
}

struct Free {
  void operator()(uint8_t* data) const { std::free(data); }
};

// Exactly `bytes`, aligned as regions are: NaN patterns, denormals, negative and large integers, ordinary numbers.
std::unique_ptr<uint8_t, Free> filledRegion(uint64_t bytes, Random& random) {
  void* start = nullptr;
  if (posix_memalign(&start, 64, std::max<uint64_t>(bytes, 1)) != 0) std::abort();
  auto* data = static_cast<uint8_t*>(start);
  const uint64_t kind = below(random, 4);
  for (uint64_t i = 0; i + 4 <= bytes; i += 4) {
    const float ordinary = static_cast<float>(static_cast<double>(random() >> 40) / (1 << 22) - 2);
    uint32_t word = kind == 0 ? static_cast<uint32_t>(random()) : static_cast<uint32_t>(below(random, 9)) - 2;
    if (kind >= 2) std::memcpy(&word, &ordinary, 4);
    std::memcpy(data + i, &word, 4);
  }
  for (uint64_t i = bytes / 4 * 4; i < bytes; ++i) data[i] = static_cast<uint8_t>(random());
  return std::unique_ptr<uint8_t, Free>(data);
}

uint64_t totalBytes(const Program& program) {
  uint64_t total = 0;
  for (int i = 0; i < regionCount; ++i) total += program.regionBytes(static_cast<RegionKind>(i));
  return total;
}

// From the first element to the last.
size_t bytesOf(const Tensor& tensor) {
  const int64_t rows = tensor.rows(), elements = rows == 0 ? 0 : (rows - 1) * tensor.rowStride + tensor.columns();
  return static_cast<size_t>(elements) * elementBytes[static_cast<int>(tensor.dtype)];
}

void run(const Program& program, Isa isa, Pool& pool, Random& random) {
  std::unique_ptr<uint8_t, Free> regions[regionCount];
  Bytes before[regionCount];
  for (int i = 0; i < regionCount; ++i) {
    const uint64_t bytes = program.regionBytes(static_cast<RegionKind>(i));
    regions[i] = filledRegion(bytes, random);
    before[i].assign(regions[i].get(), regions[i].get() + bytes);
  }
  Packings packings;
  CpuContext context(pool);
  context.use(packings);
  for (const Instruction& instruction : program.instructions()) {
    // Every operand gets memory of its own between guards; what the kernel changes goes back.
    std::vector<Tensor> tensors;
    std::deque<Guarded> memories;
    std::vector<uint8_t*> places;
    std::vector<Bytes> contents;
    for (const Operand& operand : instruction.operands) {
      Tensor& tensor = tensors.emplace_back(operand.tensor);
      uint8_t* place = operand.present ? regions[static_cast<int>(operand.region)].get() + operand.offset : nullptr;
      const size_t bytes = operand.present ? bytesOf(tensor) : 0;
      tensor.data = memories.emplace_back(bytes, below(random, 2) == 0).data();
      contents.emplace_back(place, place + bytes);
      std::copy(contents.back().begin(), contents.back().end(), memories.back().data());
      if (!operand.present) tensor.data = nullptr;
      places.push_back(place);
    }
    instruction.op->run[static_cast<int>(isa)](tensors.data(), instruction.attributes.data(), context);
    context.release();
    for (size_t i = 0; i < places.size(); ++i) {
      const uint8_t* now = memories[i].data();
      if (!std::equal(contents[i].begin(), contents[i].end(), now)) {
        std::copy(now, now + contents[i].size(), places[i]);
      }
    }
  }
  for (const RegionKind kind : {RegionKind::weights, RegionKind::inputs}) {
    const int i = static_cast<int>(kind);
    if (!std::equal(before[i].begin(), before[i].end(), regions[i].get())) {
      std::fprintf(stderr, "a store into region %d\n", i);
      std::abort();
    }
  }
}

std::vector<Bytes> readCorpus(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "fuzz-program <folder of encoded programs> <count> [<seed>]\n");
    return 2;
  }
  const std::vector<Bytes> corpus = readCorpus(arguments[1]);
  const uint64_t programs = std::strtoull(arguments[2], nullptr, 10);
  Random random(count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 1);
  std::vector<Isa> isas;
  for (int i = 0; i < isaCount; ++i) {
    if (supported(static_cast<Isa>(i))) isas.push_back(static_cast<Isa>(i));
  }
  Pool pool(1);
  for (const Bytes& bytes : corpus) {  // all valid, or the corpus is not what it should be
    for (Isa isa : isas) run(Program(bytes.data(), bytes.size(), Storage::f32), isa, pool, random);
  }
  uint64_t accepted = 0, executed = 0;
  std::map<std::string, uint64_t> errors;
  for (uint64_t i = 0; i < programs; ++i) {
    Bytes bytes = corpus[below(random, corpus.size())];
    mutate(bytes, corpus, random);
    try {
      const Program program(bytes.data(), bytes.size(), Storage::f32);
      ++accepted;
      if (totalBytes(program) > maxBytes) continue;
      ++executed;
      run(program, isas[i % isas.size()], pool, random);
    } catch (const Error& error) {
      ++errors[error.code];
    }
  }
  std::cout << programs << " programs: " << accepted << " accepted, " << executed << " run";
  for (const auto& [code, times] : errors) std::cout << ", " << code << " " << times;
  std::cout << "\n";
  return errors.size() == 1 && errors.count("CP_PROGRAM_INVALID") == 1 ? 0 : 1;
}
