// The words as instructions, for nvcc: see words.h.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#define KERNEL(threads) __global__ __launch_bounds__(threads)
#define DEVICE __device__ __forceinline__
#define UNROLL _Pragma("unroll")

namespace counterpoint::cuda {

struct Index {
  unsigned x, y, z;
};

DEVICE int threadIndex() { return static_cast<int>(threadIdx.x); }
DEVICE int warpIndex() { return static_cast<int>(threadIdx.x / 32); }
DEVICE int laneIndex() { return static_cast<int>(threadIdx.x % 32); }
DEVICE Index blockIndex() { return {blockIdx.x, blockIdx.y, blockIdx.z}; }
DEVICE Index gridSize() { return {gridDim.x, gridDim.y, gridDim.z}; }

template <class T>
DEVICE T* sharedMemory() {
  extern __shared__ __align__(1024) uint8_t counterpointShared[];
  return reinterpret_cast<T*>(counterpointShared);
}

DEVICE void synchronize() { __syncthreads(); }
DEVICE float shuffleXor(float value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }

DEVICE float multiplyAdd(float a, float b, float c) { return fmaf(a, b, c); }

struct Half {
  uint16_t bits;
};
struct Brain {
  uint16_t bits;
};
DEVICE float toFloat(Half x) { return __half2float(__ushort_as_half(x.bits)); }
DEVICE float toFloat(Brain x) { return __bfloat162float(__ushort_as_bfloat16(x.bits)); }
DEVICE float toFloat(float x) { return x; }
template <class T>
DEVICE T round(float x);
template <>
DEVICE Half round<Half>(float x) {
  return {__half_as_ushort(__float2half_rn(x))};
}
template <>
DEVICE Brain round<Brain>(float x) {
  return {__bfloat16_as_ushort(__float2bfloat16_rn(x))};
}
template <>
DEVICE float round<float>(float x) {
  return x;
}

template <class T>
DEVICE uint32_t roundPair(float first, float second);
template <>
DEVICE uint32_t roundPair<Half>(float first, float second) {
  const __half2 pair = __floats2half2_rn(first, second);
  return reinterpret_cast<const uint32_t&>(pair);
}
template <>
DEVICE uint32_t roundPair<Brain>(float first, float second) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(first, second);
  return reinterpret_cast<const uint32_t&>(pair);
}

namespace detail {
DEVICE uint32_t sharedAddress(const void* pointer) { return static_cast<uint32_t>(__cvta_generic_to_shared(pointer)); }
}  // namespace detail

DEVICE void copyAsync16(void* shared, const void* global, int present) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(detail::sharedAddress(shared)), "l"(global),
               "r"(present)
               : "memory");
}
DEVICE void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int left>
DEVICE void waitForCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(left) : "memory");
}

DEVICE void loadMatrices(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(detail::sharedAddress(row))
               : "memory");
}
DEVICE void loadMatricesTransposed(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(detail::sharedAddress(row))
               : "memory");
}

template <class T>
DEVICE void multiplyAccumulate(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);
template <>
DEVICE void multiplyAccumulate<Half>(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
template <>
DEVICE void multiplyAccumulate<Brain>(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
      "%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

}  // namespace counterpoint::cuda
