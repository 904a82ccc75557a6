// Which of the instruction sets that kernels were compiled for this CPU has.
#pragma once
#include "generated/ops.h"

namespace counterpoint {

bool supported(Isa isa);

}  // namespace counterpoint
