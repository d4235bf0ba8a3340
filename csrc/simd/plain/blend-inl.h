// blend-inl.h: 16 channels of an output at a time.

template <BlendKind kind>
inline F32 blended(F32 tl, F32 tr, F32 bl, F32 br, float down, float across) {
  const F32 dy = set1(down), dx = set1(across), half = set1(0.5f);
  if constexpr (kind == BlendKind::kAcrossFirst) {
    const F32 top = tl + (tr - tl) * dx, bottom = bl + (br - bl) * dx;
    return top + (bottom - top) * dy;
  }
  const F32 uy = set1(1.0f - down), ux = set1(1.0f - across);
  if constexpr (kind == BlendKind::kOneByOne)
    return ((tl * uy * ux + bl * dy * ux) + tr * uy * dx) + br * dy * dx;
  if constexpr (kind == BlendKind::kWeightsOnce)
    return (((set1(0.0f) + tl * (uy * ux)) + tr * (uy * dx)) + bl * (dy * ux)) + br * (dy * dx);
  if (across == 0.0f) return down == 0.0f ? tl : (tl + bl) * half;
  const F32 right = (tr + (down == 0.0f ? tl : br)) * half;
  return down == 0.0f ? right : ((tl + bl) * half + right) * half;
}

template <BlendKind kind>
void blend_row_by(const BlendRow& b) {
  float* y = b.output;
  for (size_t i = 0; i < b.columns; ++i) {
    const size_t left = static_cast<size_t>(b.left[i]) * b.channels;
    const size_t right = static_cast<size_t>(b.right[i]) * b.channels;
    for (size_t c = 0; c < b.channels; c += 16, y += 16) {
      const size_t n = std::min<size_t>(16, b.channels - c);
      const auto at = [n](const float* x) { return n == 16 ? load(x) : load_first(x, n); };
      const F32 found =
          blended<kind>(at(b.top + left + c), at(b.top + right + c), at(b.bottom + left + c),
                        at(b.bottom + right + c), b.down, b.across[i]);
      store_first(y, found, n);
      if (n < 16) y -= 16 - n;
    }
  }
}

void blend_row(const BlendRow& b) {
  switch (b.kind) {
    case BlendKind::kAcrossFirst:
      return blend_row_by<BlendKind::kAcrossFirst>(b);
    case BlendKind::kOneByOne:
      return blend_row_by<BlendKind::kOneByOne>(b);
    case BlendKind::kWeightsOnce:
      return blend_row_by<BlendKind::kWeightsOnce>(b);
    case BlendKind::kMeans:
      return blend_row_by<BlendKind::kMeans>(b);
  }
}
