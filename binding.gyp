{
  "variables": {
    "sanitize%": 0,
    "tests%": 0,
    # g++ 12 warns about its own headers.
    "flags_avx512": ["-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-Wno-maybe-uninitialized", "-Wno-uninitialized"],
    "flags_avx2": ["-mavx2", "-mfma"],
    "kernel_tests": ["test/native/kernels.cc", "test/native/attention.cc", "test/native/narrow-weights.cc"],
    "isa_sources": ["<!@(node -p \"['native/cpu','native/cpu/gemm'].flatMap(d=>require('fs').readdirSync(d).filter(f=>f.endsWith('.cc')).map(f=>d+'/'+f)).join(' ')\")"]
  },
  "target_defaults": {
    "include_dirs": ["native", "cuda", "<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
    "cflags!": ["-fno-exceptions", "-fno-omit-frame-pointer"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++17", "-O3", "-fexceptions", "-fvisibility=hidden", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Wno-unused-parameter"],
    "conditions": [
      ["OS=='linux'", { "ldflags": ["-Wl,-z,now"] }],
      ["sanitize==1", {
        "cflags_cc": ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g1"],
        "ldflags": ["-fsanitize=address,undefined"]
      }]
    ]
  },
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "cpu_baseline",
          "type": "static_library",
          "defines": ["COUNTERPOINT_ISA=baseline"],
          "sources": ["<@(isa_sources)"]
        },
        {
          "target_name": "cpu_avx2",
          "type": "static_library",
          "defines": ["COUNTERPOINT_ISA=avx2"],
          "cflags_cc": ["<@(flags_avx2)"],
          "sources": ["<@(isa_sources)"]
        },
        {
          "target_name": "cpu_avx512",
          "type": "static_library",
          "defines": ["COUNTERPOINT_ISA=avx512"],
          "cflags_cc": ["<@(flags_avx512)"],
          "sources": ["<@(isa_sources)"]
        },
        {
          "target_name": "cpu_avx512bf16",
          "type": "static_library",
          "defines": ["COUNTERPOINT_ISA=avx512bf16"],
          "cflags_cc": ["<@(flags_avx512)", "-mavx512bf16"],
          "sources": ["<@(isa_sources)"]
        }
      ]
    }],
    ["target_arch=='arm64'", {
      "targets": [
        {
          "target_name": "cpu_neon",
          "type": "static_library",
          "defines": ["COUNTERPOINT_ISA=neon"],
          "sources": ["<@(isa_sources)"]
        }
      ]
    }],
    ["tests==1", {
      "targets": [
        {
          "target_name": "test_cuda_emulator",
          "type": "executable",
          "product_extension": "",
          "sources": ["test/cuda/emulator.cc", "cuda/emulator/block.cc", "cuda/emulator/fibre.cc"]
        },
        {
          "target_name": "test_cuda_product",
          "type": "executable",
          "product_extension": "",
          "include_dirs": ["cuda"],
          "sources": ["test/cuda/product.cc", "cuda/emulator/block.cc", "cuda/emulator/fibre.cc"]
        },
        {
          "target_name": "test_cuda_attention",
          "type": "executable",
          "product_extension": "",
          "include_dirs": ["cuda"],
          "sources": ["test/cuda/attention.cc", "cuda/emulator/block.cc", "cuda/emulator/fibre.cc"]
        },
        {
          "target_name": "test_cuda_norms",
          "type": "executable",
          "product_extension": "",
          "include_dirs": ["cuda"],
          "sources": ["test/cuda/norms.cc", "cuda/emulator/block.cc", "cuda/emulator/fibre.cc"]
        },
        {
          # The CUDA kernels for the emulator: the very sources that nvcc compiles.
          "target_name": "cuda_emulated",
          "type": "static_library",
          "cflags_cc": ["-Wmissing-declarations"],
          "rules": [
            {
              "rule_name": "cuda",
              "extension": "cu",
              "outputs": ["<(INTERMEDIATE_DIR)/<(RULE_INPUT_ROOT).cc"],
              "action": ["cp", "<(RULE_INPUT_PATH)", "<@(_outputs)"],
              "process_outputs_as_sources": 1
            }
          ],
          "sources": [
            "native/generated/cuda-ops.cc",
            "native/machine/error.cc",
            "<!@(node -p \"['cuda','cuda/backend','cuda/emulator'].flatMap(d=>require('fs').readdirSync(d).filter(f=>/[.]c[cu]$/.test(f)).map(f=>d+'/'+f)).join(' ')\")"
          ]
        },
        {
          # device "cuda-emulated": libcounterpoint-cuda without a GPU.
          "target_name": "counterpoint_cuda_emulated",
          "type": "shared_library",
          "product_prefix": "lib",
          "product_name": "counterpoint-cuda-emulated",
          "product_dir": "<(PRODUCT_DIR)",
          "dependencies": ["cuda_emulated"],
          "ldflags": ["-Wl,--version-script=<(module_root_dir)/cuda/backend/exports.map"],
          "sources": []
        },
        {
          # The same for tests of single ops, whose operands lie between pages that cannot be touched.
          "target_name": "counterpoint_cuda_fenced",
          "type": "shared_library",
          "product_prefix": "lib",
          "product_name": "counterpoint-cuda-fenced",
          "product_dir": "<(PRODUCT_DIR)",
          "dependencies": ["cuda_emulated"],
          # Its own C functions stand before those of the library, and are taken.
          "ldflags": [
            "-Wl,--version-script=<(module_root_dir)/cuda/backend/exports.map",
            "-Wl,-z,muldefs,--whole-archive", "<(PRODUCT_DIR)/cuda_emulated.a", "-Wl,--no-whole-archive"
          ],
          "sources": ["test/cuda/fenced.cc"]
        },
        {
          "target_name": "test_cuda_ops",
          "type": "executable",
          "product_extension": "",
          "dependencies": ["cuda_emulated"],
          # Whole, because the table of ops names every kernel weakly.
          "ldflags": ["-Wl,--whole-archive", "<(PRODUCT_DIR)/cuda_emulated.a", "-Wl,--no-whole-archive"],
          "sources": ["test/cuda/ops.cc"]
        },
        {
          "target_name": "fuzz_program",
          "type": "executable",
          "product_extension": "",
          "conditions": [
            ["target_arch=='x64'", { "dependencies": ["machine", "cpu_baseline", "cpu_avx2", "cpu_avx512", "cpu_avx512bf16"] }],
            ["target_arch=='arm64'", { "dependencies": ["machine", "cpu_neon"] }]
          ],
          "include_dirs": ["test/native"],
          "sources": ["test/native/fuzz-program.cc", "native/generated/decode.cc"]
        }
      ]
    }],
    ["tests==1 and target_arch=='x64'", {
      "targets": [
        {
          "target_name": "test_kernels_baseline",
          "type": "executable",
          "product_extension": "",
          "dependencies": ["machine", "cpu_baseline"],
          "defines": ["COUNTERPOINT_ISA=baseline"],
          "include_dirs": ["test/native"],
          "sources": ["<@(kernel_tests)"]
        },
        {
          "target_name": "test_kernels_avx2",
          "type": "executable",
          "product_extension": "",
          "dependencies": ["machine", "cpu_avx2"],
          "defines": ["COUNTERPOINT_ISA=avx2"],
          "cflags_cc": ["<@(flags_avx2)"],
          "include_dirs": ["test/native"],
          "sources": ["<@(kernel_tests)"]
        },
        {
          "target_name": "test_kernels_avx512",
          "type": "executable",
          "product_extension": "",
          "dependencies": ["machine", "cpu_avx512"],
          "defines": ["COUNTERPOINT_ISA=avx512"],
          "cflags_cc": ["<@(flags_avx512)"],
          "include_dirs": ["test/native"],
          "sources": ["<@(kernel_tests)"]
        },
        {
          "target_name": "test_kernels_avx512bf16",
          "type": "executable",
          "product_extension": "",
          "dependencies": ["machine", "cpu_avx512bf16"],
          "defines": ["COUNTERPOINT_ISA=avx512bf16"],
          "cflags_cc": ["<@(flags_avx512)", "-mavx512bf16"],
          "include_dirs": ["test/native"],
          "sources": ["<@(kernel_tests)"]
        }
      ]
    }],
    ["tests==1 and target_arch=='arm64'", {
      "targets": [
        {
          "target_name": "test_kernels_neon",
          "type": "executable",
          "product_extension": "",
          "dependencies": ["machine", "cpu_neon"],
          "defines": ["COUNTERPOINT_ISA=neon"],
          "include_dirs": ["test/native"],
          "sources": ["<@(kernel_tests)"]
        }
      ]
    }]
  ],
  "targets": [
    {
      "target_name": "machine",
      "type": "static_library",
      "sources": ["<!@(node -p \"require('fs').readdirSync('native/machine').filter(f=>f.endsWith('.cc')).map(f=>'native/machine/'+f).join(' ')\")"]
    },
    {
      "target_name": "counterpoint",
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["machine", "cpu_baseline", "cpu_avx2", "cpu_avx512", "cpu_avx512bf16"] }],
        ["target_arch=='arm64'", { "dependencies": ["machine", "cpu_neon"] }]
      ],
      "sources": ["<!@(node -p \"['binding','scenes'].map(d=>'native/'+d).flatMap(d=>require('fs').readdirSync(d).filter(f=>f.endsWith('.cc')).map(f=>d+'/'+f)).concat('native/generated/decode.cc').join(' ')\")"]
    }
  ]
}
