{
  "variables": {
    "isa_sources": ["<!@(node -p \"require('fs').readdirSync('native/cpu').filter(f=>f.endsWith('.cc')).map(f=>'native/cpu/'+f).join(' ')\")"],
    "common_flags": ["-std=c++17", "-O3", "-fvisibility=hidden", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Wno-unused-parameter"]
  },
  "target_defaults": {
    "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": ["NAPI_VERSION=9", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["<@(common_flags)", "-fexceptions"]
  },
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
      "target_name": "counterpoint",
      "dependencies": ["cpu_baseline", "cpu_avx2"],
      "sources": ["<!@(node -p \"['binding','machine','generated','scenes'].flatMap(d=>require('fs').readdirSync('native/'+d).filter(f=>f.endsWith('.cc')).map(f=>'native/'+d+'/'+f)).join(' ')\")"]
    }
  ]
}
