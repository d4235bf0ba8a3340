// table-inl.h: the kernel table of one target, outside its region: it is read on every processor.

namespace intlite {
extern const KernelTable INTLITE_TABLE(INTLITE_ISA);
#define INTLITE_STRING_(x) #x
#define INTLITE_STRING(x) INTLITE_STRING_(x)
const KernelTable INTLITE_TABLE(INTLITE_ISA) = {
    .name = INTLITE_STRING(INTLITE_ISA),
    .supported = INTLITE_ISA::Isa::supported,
    .layout = {.activations_signed = INTLITE_ISA::Isa::kActivationsSigned,
               .in_pairs = INTLITE_ISA::kActivationBytes == 2,
               .depth_unit = INTLITE_ISA::kDepthUnit,
               .most_panels = INTLITE_ISA::kPanelsTogether},
    .gemm = INTLITE_ISA::gemm,
    .gemm_int16 = INTLITE_ISA::gemm_int16,
    .gather_patches = INTLITE_ISA::gather_patches,
    .convolve = INTLITE_ISA::convolve,
    .depthwise = INTLITE_ISA::depthwise,
    .depthwise_int16 = INTLITE_ISA::depthwise_int16,
    .add = INTLITE_ISA::add,
    .multiply = INTLITE_ISA::multiply,
    .fixed_binary = INTLITE_ISA::fixed_binary,
    .fixed_binary_int16 = INTLITE_ISA::fixed_binary_int16,
    .lookup = INTLITE_ISA::lookup,
    .sum_window = INTLITE_ISA::sum_window,
    .average_window = INTLITE_ISA::average_window,
    .scale_window = INTLITE_ISA::scale_window,
    .max_window = INTLITE_ISA::max_window,
    .min_window = INTLITE_ISA::min_window,
    .blend_columns = INTLITE_ISA::blend_columns,
    .blend_rows = INTLITE_ISA::blend_rows,
    .probabilities = INTLITE_ISA::probabilities,
    .quantize = INTLITE_ISA::quantize,
    .dequantize = INTLITE_ISA::dequantize,
    .peak = INTLITE_ISA::peak};
}  // namespace intlite
