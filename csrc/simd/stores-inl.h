// stores-inl.h: from a stage's values to what memory has, and a stage and a store as one. Included
// after stages-inl.h.
//
// A store narrows some vectors of values at once, to a Vector of 16 columns each, and writes one
// whole, its first columns, or its halves as rows of 8 columns. Addresses count bytes: of
// kValueBytes a value.

class ByteStore {
 public:
  using Vector = Bytes16;
  static constexpr size_t kValueBytes = 1;

  // Unsigned values run as signed ones moved by 128; what saturates here is the lower end only.
  ByteStore(const OutputStage& out, int32_t zero_point) {
    const bool is_signed = out.min < 0;
    const int32_t moved = is_signed ? 0 : 128;
    limits_ =
        make_byte_limits(zero_point - moved, out.min - moved, out.flip ^ (is_signed ? 0 : 0x80));
  }

  INTLITE_INLINE void narrow(const I32 (&x)[kStagedVectors], Vector (&y)[kStagedVectors]) const {
    to_bytes16(x, limits_, y);
  }
  INTLITE_INLINE static void whole(uint8_t* to, Vector y) { store_bytes16(to, y); }
  INTLITE_INLINE static void first(uint8_t* to, Vector y, size_t columns) {
    store_first(to, y, columns);
  }
  INTLITE_INLINE static void halves(uint8_t* upper, uint8_t* lower, Vector y) {
    store_halves(upper, lower, y);
  }
  // The first columns of the second half.
  INTLITE_INLINE static void second(uint8_t* to, Vector y, size_t columns) {
    store_first(to, second_half(y), columns);
  }

 private:
  ByteLimits limits_;
};

// What tiles end with.
template <class StageType, class StoreType>
class End {
 public:
  using Stage = StageType;
  using Store = StoreType;

  End(const Epilogue& e, size_t channel, bool half = false) : End(e) {
    set_channel(e, channel, half);
  }
  explicit End(const Epilogue& e)
      : store_(e.output, Stage::zero_point_left(e.output)), stage_(e.output) {}

  INTLITE_INLINE void set_channel(const Epilogue& e, size_t channel, bool half = false) {
    stage_.set_channel(e, channel, half);
  }

  // As many as are narrowed together.
  INTLITE_INLINE void operator()(const I32* sums,
                                 typename Store::Vector (&y)[kStagedVectors]) const {
    typename Stage::Value x[kStagedVectors];
    INTLITE_UNROLL
    for (int k = 0; k < kStagedVectors; ++k) x[k] = stage_(sums[k]);
    store_.narrow(x, y);
  }

 private:
  Store store_;
  Stage stage_;
};
using Fp32End = End<Fp32Stage, ByteStore>;
using FixedEnd = End<FixedStage, ByteStore>;
using DoubleEnd = End<DoubleStage, ByteStore>;
