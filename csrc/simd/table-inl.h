// table-inl.h: the kernel table of one instruction set, outside its target region:
// it is read on every processor. INTLITE_ISA and INTLITE_SUPPORTED name it.

namespace intlite {
extern const KernelTable INTLITE_TABLE(INTLITE_ISA);
#define INTLITE_STRING_(x) #x
#define INTLITE_STRING(x) INTLITE_STRING_(x)
const KernelTable INTLITE_TABLE(INTLITE_ISA) = {
    INTLITE_STRING(INTLITE_ISA),
    INTLITE_SUPPORTED,
    {INTLITE_ISA::kActivationBytes == 2, INTLITE_ISA::kDepthUnit, INTLITE_ISA::kPanelsTogether},
    INTLITE_ISA::gemm,
    INTLITE_ISA::gather_patches,
    INTLITE_CONVOLVE,
    INTLITE_ISA::depthwise,
    INTLITE_ISA::add,
    INTLITE_ISA::multiply,
    INTLITE_ISA::lookup,
    INTLITE_ISA::sum_window,
    INTLITE_ISA::average_window,
    INTLITE_ISA::scale_window,
    INTLITE_ISA::max_window,
    INTLITE_ISA::blend_columns,
    INTLITE_ISA::blend_rows,
    INTLITE_ISA::probabilities,
    INTLITE_ISA::quantize,
    INTLITE_ISA::dequantize,
    INTLITE_ISA::peak};
}  // namespace intlite
