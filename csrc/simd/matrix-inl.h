// matrix-inl.h: what the GEMM's bodies have in common, included before each of them.

// Four bytes of activations are one step: a whole group of weights, or half of one where
// activations have 16 bits.
constexpr size_t kGroupSteps = kActivationBytes;
constexpr size_t kStepBytes = kGroupBytes / kGroupSteps;

// Rows as the kernels read them, and where their results go.
struct MatrixBlock {
  const uint8_t* a;
  size_t stride, rows;
  const int32_t* terms;  // one a row, or null
  uint8_t* output;       // of the matrix's first column
  size_t output_stride;
  QuantizedRows quantized;
};

// Bits of an activation as the kernels read it.
using Activation = std::conditional_t<kActivationBytes == 2, uint16_t, uint8_t>;
