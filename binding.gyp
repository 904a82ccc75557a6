{
  "variables": {
    "sanitize%": 0,
    "isa_sources": ["<!@(node -p \"['native/cpu','native/cpu/gemm'].flatMap(d=>require('fs').readdirSync(d).filter(f=>f.endsWith('.cc')).map(f=>d+'/'+f)).join(' ')\")"]
  },
  "target_defaults": {
    "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
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
          "cflags_cc": ["-mavx2", "-mfma"],
          "sources": ["<@(isa_sources)"]
        },
        {
          "target_name": "cpu_avx512",
          "type": "static_library",
          "defines": ["COUNTERPOINT_ISA=avx512"],
          "cflags_cc": ["-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-Wno-maybe-uninitialized"],
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
    }]
  ],
  "targets": [
    {
      "target_name": "counterpoint",
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["cpu_baseline", "cpu_avx2", "cpu_avx512"] }],
        ["target_arch=='arm64'", { "dependencies": ["cpu_neon"] }]
      ],
      "sources": ["<!@(node -p \"['binding','machine','generated','scenes'].map(d=>'native/'+d).filter(d=>require('fs').existsSync(d)).flatMap(d=>require('fs').readdirSync(d).filter(f=>f.endsWith('.cc')).map(f=>d+'/'+f)).join(' ')\")"]
    }
  ]
}
