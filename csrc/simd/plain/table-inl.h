// table-inl.h: the kernels of plain numbers of one target, outside its region.

namespace intlite {
extern const PlainKernels INTLITE_PLAIN_TABLE(INTLITE_ISA);
const PlainKernels INTLITE_PLAIN_TABLE(INTLITE_ISA) = {
    .arg = INTLITE_ISA::arg,
    .float_binary = INTLITE_ISA::float_binary,
    .integer_binary = INTLITE_ISA::integer_binary,
    .cast = INTLITE_ISA::cast,
    .float_peak = INTLITE_ISA::float_peak,
    .quantize_rows = INTLITE_ISA::quantize_rows,
    .quantize_some = INTLITE_ISA::quantize_some,
};
}  // namespace intlite
