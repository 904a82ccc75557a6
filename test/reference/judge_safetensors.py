"""Which of our malformed files Python's safetensors accepts: the differences from our stricter reader.

    node dist/test/weights/malformed.js /tmp/malformed
    python test/reference/judge_safetensors.py /tmp/malformed
"""

import sys
from pathlib import Path

from safetensors.numpy import load_file

for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        load_file(file)
        print("accepted", file.stem)
    except Exception as error:
        print("refused ", file.stem, "|", str(error)[:80])
