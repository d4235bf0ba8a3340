"""What each operator means, in plain integer numpy: short, exact, written to be read.

The native kernels are tested equal to these functions on every instruction set,
and these are tested equal to the real runtimes.

The last line of a docstring says where its formula is from: a file and a function of

* LiteRT 2.3.0: github.com/google-ai-edge/LiteRT, f674577;
* XNNPACK 75db3c0: github.com/google/XNNPACK;
* TFLite Micro 90b983c: github.com/tensorflow/tflite-micro;
* gemmlowp 16e8662: github.com/google/gemmlowp;
* ruy 2af8886: github.com/google/ruy;

or the release that it was measured against. The sweeps measure all of them, against the
releases that ``runtimes`` names.
"""
