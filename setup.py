"""The optional extension module; everything else stands in setup.cfg.

Without a compiler the package installs all the same and jieba itself cuts.
"""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "nlp_pipeline.stages._native.cut",
            sources=["nlp_pipeline/stages/_native/cut.c"],
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            py_limited_api=True,
            optional=True,
        )
    ],
    # One wheel serves every Python from 3.11 on.
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
