// amx.h: AMX int8 tiles: accumulators 0-3 (upper, lower rows x left, right panel),
// activations 4-5, weights 6-7. Used on top of avx512.h.

struct alignas(64) TileConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};

// Configured tiles for a scope: the state is per thread, and costs context switches while kept.
class Tiles {
 public:
  Tiles() {
    TileConfig config{};
    config.palette = 1;
    for (int t = 0; t < 8; ++t) {
      config.row_bytes[t] = 64;
      config.rows[t] = 16;
    }
    // GCC's intrinsic claims to read 8 bytes: without this, stores of the others may be dropped.
    asm volatile("" : : "r"(&config) : "memory");
    _tile_loadconfig(&config);
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

  static void zero() {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  template <bool kLower, bool kRight>
  static void step(const uint8_t* upper, const uint8_t* lower, size_t a_stride, const int8_t* left,
                   const int8_t* right, size_t w_stride) {
    _tile_loadd(6, left, w_stride);
    _tile_loadd(4, upper, a_stride);
    _tile_dpbusd(0, 4, 6);
    if constexpr (kRight) {
      _tile_loadd(7, right, w_stride);
      _tile_dpbusd(1, 4, 7);
    }
    if constexpr (kLower) {
      _tile_loadd(5, lower, a_stride);
      _tile_dpbusd(2, 5, 6);
      if constexpr (kRight) _tile_dpbusd(3, 5, 7);
    }
  }
  // The four products alone, of whatever the tiles hold; returns how many.
  static uint64_t multiply() {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
    return 4;
  }
  template <bool kLower, bool kRight>
  static void store(int32_t* upper, int32_t* lower, size_t stride_bytes) {
    _tile_stored(0, upper, stride_bytes);
    if constexpr (kRight) _tile_stored(1, upper + 16, stride_bytes);
    if constexpr (kLower) {
      _tile_stored(2, lower, stride_bytes);
      if constexpr (kRight) _tile_stored(3, lower + 16, stride_bytes);
    }
  }
};
