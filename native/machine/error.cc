// See error.h. The texts for a full memory are short enough to need none.
#include "machine/error.h"

#include <exception>
#include <new>

namespace counterpoint {

Error currentError() noexcept {
  try {
    throw;
  } catch (Error& error) {
    return std::move(error);
  } catch (const std::bad_alloc&) {
    return {"CP_OOM_HOST", "out of memory"};
  } catch (const std::exception& error) {
    try {
      return {"CP_INTERNAL", error.what()};
    } catch (...) {
      return {"CP_OOM_HOST", "out of memory"};
    }
  } catch (...) {
    return {"CP_INTERNAL", "unknown error"};
  }
}

}  // namespace counterpoint
