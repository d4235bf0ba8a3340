// lookup-inl.h: 64 values at a time through a table in registers. Included once per
// instruction set, after a Table and its load_table and lookup64.

inline void lookup_run(const LookupArgs& args) {
  const Table table = load_table(args.table);
  size_t i = 0;
  for (; i + 64 <= args.size; i += 64) lookup64(args.output + i, args.input + i, table);
  if (i == args.size) return;
  uint8_t last[64] = {};
  std::memcpy(last, args.input + i, args.size - i);
  lookup64(last, last, table);
  std::memcpy(args.output + i, last, args.size - i);
}

void lookup(const LookupArgs& args) {
  if constexpr (Isa::kMayHaveVbmi) {
    static const bool has_vbmi = cpu_has_avx512_vbmi();
    if (has_vbmi) return lookup_vbmi(args);
  }
  // Not worth a table in registers.
  if (args.size < 32) {
    for (size_t i = 0; i < args.size; ++i) args.output[i] = args.table[args.input[i]];
    return;
  }
  lookup_run(args);
}
