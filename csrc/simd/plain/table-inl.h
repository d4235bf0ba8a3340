// table-inl.h: the kernels of plain numbers of one target, outside its region.

namespace intlite {
extern const PlainKernels INTLITE_PLAIN_TABLE(INTLITE_ISA);
const PlainKernels INTLITE_PLAIN_TABLE(INTLITE_ISA) = {
    .arg = INTLITE_ISA::arg,
    .float_binary = INTLITE_ISA::float_binary,
    .integer_binary = INTLITE_ISA::integer_binary,
    .cast = INTLITE_ISA::cast,
    .float_unary = INTLITE_ISA::float_unary,
    .widen = INTLITE_ISA::widen,
    .softmax_rows = INTLITE_ISA::softmax_rows,
    .reduce_block = INTLITE_ISA::reduce_block,
    .pool_window = INTLITE_ISA::pool_window,
    .blend_row = INTLITE_ISA::blend_row,
    .float_peak = INTLITE_ISA::float_peak,
    .quantize_rows = INTLITE_ISA::quantize_rows,
    .quantize_some = INTLITE_ISA::quantize_some,
    .float_most_panels = INTLITE_ISA::kFloatPanels,
    .pack_floats = INTLITE_ISA::pack_floats,
    .multiply_floats = INTLITE_ISA::multiply_floats,
    .gather_floats = INTLITE_ISA::gather_floats,
    .depthwise_floats = INTLITE_ISA::depthwise_floats,
};
}  // namespace intlite
