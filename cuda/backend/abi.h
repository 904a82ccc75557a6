// What libcounterpoint-cuda exports, in C: devices, regions of their memory, programs, runs, and the last error. The addon
// finds these functions by name at run time; nothing else of the library is visible.
//
// A function that returns int gives 0, or another number where it failed; `counterpointCudaFailure` then says why. A device
// and what belongs to it is used by one thread at a time, apart from creating and freeing regions and programs.
#pragma once
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

enum { counterpointCudaAbi = 1 };

typedef struct CounterpointCudaDevice CounterpointCudaDevice;
typedef struct CounterpointCudaRegion CounterpointCudaRegion;
typedef struct CounterpointCudaProgram CounterpointCudaProgram;

// An operand of an instruction, as lib/program/program.ts has it; region: 0 weights, 1 state, 2 inputs, 3 arena, 255 absent.
typedef struct {
  uint8_t region, dtype, rank;
  uint64_t offset;  // bytes from the region's first
  int64_t rowStride;
  int64_t shape[8];
} CounterpointCudaTensor;

typedef struct {
  uint32_t opcode, tensorCount, attributeCount;
  const CounterpointCudaTensor* tensors;
  const double* attributes;
  const char* name;  // of the op
} CounterpointCudaInstruction;

typedef struct {
  char name[256];
  int32_t capability;  // 10 major + minor
  int32_t multiprocessors;
  uint64_t totalBytes, freeBytes;
} CounterpointCudaDescription;

typedef struct {
  const char* code;     // "CP_…"
  const char* message;
  int64_t instruction;  // index in its program; -1 where none is to blame
} CounterpointCudaFailure;

// What went wrong last on this thread; valid until the thread's next call.
const CounterpointCudaFailure* counterpointCudaFailure(void);

// The library's `counterpointCudaAbi` and a hash of the interfaces of the ops that it was built with: both must be the
// addon's own before anything else is called.
void counterpointCudaBuild(uint32_t* abi, uint32_t* ops);

// Device `index`, tried with a tiny kernel. Fails with CP_CUDA_NO_DRIVER, CP_CUDA_DRIVER_TOO_OLD, CP_CUDA_NO_DEVICE,
// CP_CUDA_UNSUPPORTED_GPU, CP_CUDA_SELFTEST, CP_OOM_DEVICE.
int counterpointCudaOpen(int32_t index, CounterpointCudaDevice** device);
int counterpointCudaDescribe(CounterpointCudaDevice* device, CounterpointCudaDescription* description);
// Frees its arena; regions and programs are freed before.
void counterpointCudaClose(CounterpointCudaDevice* device);

// Zeroed memory. Fails with CP_OOM_DEVICE before anything is allocated, where it does not fit.
int counterpointCudaCreateRegion(CounterpointCudaDevice* device, uint64_t bytes, CounterpointCudaRegion** region);
void counterpointCudaFreeRegion(CounterpointCudaRegion* region);
// Both return when the bytes have been copied.
int counterpointCudaWrite(CounterpointCudaRegion* region, uint64_t offset, const void* data, uint64_t bytes);
int counterpointCudaRead(CounterpointCudaRegion* region, uint64_t offset, void* data, uint64_t bytes);

// A program that has been verified, for regions of the given sizes in the order of their numbers. Fails with
// CP_OP_UNSUPPORTED where an op has no kernel, CP_OOM_DEVICE where inputs and arena would not fit.
int counterpointCudaLoad(CounterpointCudaDevice* device, const CounterpointCudaInstruction* instructions,
                         uint32_t count, const uint64_t regionBytes[4], CounterpointCudaProgram** program);
void counterpointCudaFreeProgram(CounterpointCudaProgram* program);

// Runs a program and returns when it is done. `cancelled` is asked in between; a run that it ends fails with CP_CANCELLED.
// CP_DEVICE_LOST: the device computes nothing more, in this process.
int counterpointCudaRun(CounterpointCudaProgram* program, CounterpointCudaRegion* weights, CounterpointCudaRegion* state,
                        const void* inputs, int (*cancelled)(void* context), void* context);

#if defined(__cplusplus)
}
#endif
