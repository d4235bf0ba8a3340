// reduced_shape.h: the shape that MEAN, SUM and the REDUCE_ operators of 8 bits see: neighbouring
// dimensions of a kind as one, [outer, reduced, kept, reduced, kept, ...].
#pragma once

#include <utility>
#include <vector>

#include "kernel.h"

namespace intlite {

class ReducedShape {
 public:
  // From [outer, reduced, inner] to [outer, inner].
  struct Step {
    size_t outer, reduced, inner;
  };
  // (reduced, kept), the outermost first.
  using Groups = std::vector<std::pair<size_t, size_t>>;

  // At least one group.
  ReducedShape(size_t outer, Groups groups) : groups_(std::move(groups)) {
    for (size_t i = groups_.size(), inner = 1; i-- > 0;) {
      inner *= groups_[i].second;
      steps_.push_back({.outer = outer, .reduced = groups_[i].first, .inner = inner});
      results_ *= groups_[i].second;
      inner *= groups_[i].first;
    }
    std::reverse(steps_.begin(), steps_.end());
    // What a step takes has the kept elements of those before it.
    for (size_t i = 1, before = 1; i < steps_.size(); ++i)
      steps_[i].outer = before *= groups_[i - 1].second;
  }

  const Groups& groups() const { return groups_; }
  size_t outer() const { return steps_[0].outer; }
  // The first step, of all of `outer`, and those after it, of what it made of one of them.
  const Step& first() const { return steps_[0]; }
  bool is_single() const { return steps_.size() == 1; }
  template <class F>
  void each_further(F f) const {
    for (size_t i = 1; i < steps_.size(); ++i) f(steps_[i]);
  }
  // Elements of one of `outer`, and results.
  size_t row_size() const { return steps_[0].reduced * steps_[0].inner; }
  size_t results() const { return results_; }

  // Calls f(row, first, last) for a part's share: elements [first, last) of the first step's
  // inner dimension. Of few rows each part takes some elements, in whole blocks.
  template <class F>
  void each_row(size_t samples, Part part, size_t block, F f) const {
    const size_t inner = first().inner, rows = samples * outer();
    const bool by_rows = rows >= part.count || inner < block || !is_single();
    const Part of_rows = by_rows ? part : Part{}, of_elements = by_rows ? Part{} : part;
    const size_t begin = of_elements.begin(inner, block), end = of_elements.end(inner, block);
    if (begin == end) return;
    for (size_t row = of_rows.begin(rows); row < of_rows.end(rows); ++row) f(row, begin, end);
  }

 private:
  Groups groups_;
  std::vector<Step> steps_;
  size_t results_ = 1;
};

}  // namespace intlite
