// What goes wrong in the machine, as data. Thrown by value inside, turned into a JavaScript error at the boundary;
// nothing here prints, aborts or exits.
#pragma once
#include <cstdint>
#include <string>

namespace counterpoint {

struct Error {
  std::string code;  // "CP_…", stable across releases
  std::string message;
  int64_t instruction = -1;  // index in its program; -1 where no instruction is to blame
  std::string frame = {};    // the part of the model that instruction comes from
};

// The exception being handled, as an Error. Call inside `catch (...)`. Does not throw.
Error currentError() noexcept;

}  // namespace counterpoint
