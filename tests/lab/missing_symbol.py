"""An extension of Python was built for a library whose next release dropped a function."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.lab.compiler import library

OLD = "int kernels_launch_v1(void) { return 1; } int kernels_version(void) { return 1; }"
NEW = "int kernels_launch_v2(void) { return 2; } int kernels_version(void) { return 2; }"
EXTENSION = """
#include <Python.h>
int kernels_launch_v1(void);
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "fused_ops"};
PyMODINIT_FUNC PyInit_fused_ops(void) {
  kernels_launch_v1();
  return PyModule_Create(&definition);
}
"""
TRAIN = """
import logging, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
logging.getLogger("trainer").info("loading fused operators")
sys.path.insert(0, sys.argv[1])
import fused_ops
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    folder = log.parent / "site"
    folder.mkdir(exist_ok=True)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    kernels = library(folder / "libkernels.so", OLD)
    runtime = (f"-L{folder}", "-lkernels", f"-Wl,-rpath,{folder},-z,now")
    library(folder / f"fused_ops{suffix}", EXTENSION, *runtime)
    library(kernels, NEW)
    with log.open("w") as file:
        status = subprocess.call(
            [sys.executable, "-c", TRAIN, str(folder)], stdout=file, stderr=file
        )
    sys.stdout.write(json.dumps({"status": status}))


if __name__ == "__main__":
    main()
