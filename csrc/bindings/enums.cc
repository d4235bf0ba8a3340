// enums.cc: enumerations of the native code, which Python has from here.
#include "../kernels/fixed_binary.h"
#include "../kernels/mean.h"
#include "../kernels/plain/elementwise.h"
#include "../kernels/plain/reduce.h"
#include "../kernels/plain/rows.h"
#include "../kernels/quantize.h"
#include "../kernels/resize.h"
#include "../runtime/program.h"
#include "../simd/plain/binary.h"
#include "../simd/plain/unary.h"
#include "bindings.h"

namespace intlite {
namespace {

template <class E>
void bind_enum(py::module_& m, const char* name,
               std::initializer_list<std::pair<const char*, E>> members) {
  py::native_enum<E> bound(m, name, "enum.IntEnum");
  for (const auto& [member, value] : members) bound.value(member, value);
  bound.finalize();
}

}  // namespace

void bind_enums(py::module_& m) {
  bind_enum<Rounding>(m, "Rounding",
                      {{"FP32", Rounding::kFp32},
                       {"RUY", Rounding::kRuy},
                       {"DOUBLE", Rounding::kDouble},
                       {"GEMMLOWP", Rounding::kGemmlowp}});
  bind_enum<RowRounding>(m, "RowRounding",
                         {{"SYMMETRIC", RowRounding::kSymmetric},
                          {"ASYMMETRIC", RowRounding::kAsymmetric},
                          {"SYMMETRIC_HALF_AWAY", RowRounding::kSymmetricHalfAway},
                          {"HALF_EVEN", RowRounding::kHalfEven}});
  bind_enum<RealFormula>(m, "RealFormula",
                         {{"FUSED", RealFormula::kFused},
                          {"SCALES_FIRST", RealFormula::kScalesFirst},
                          {"COLUMN_FIRST", RealFormula::kColumnFirst},
                          {"COLUMN_BLOCKS", RealFormula::kColumnBlocks},
                          {"OFFSET", RealFormula::kOffset}});
  bind_enum<RealRounding>(m, "RealRounding",
                          {{"MULTIPLY", RealRounding::kMultiply},
                           {"MULTIPLY_IN_BLOCKS", RealRounding::kMultiplyInBlocks},
                           {"DIVIDE", RealRounding::kDivide}});
  bind_enum<IntegerRounding>(m, "IntegerRounding",
                             {{"GEMMLOWP", IntegerRounding::kGemmlowp},
                              {"RUY_IN_BLOCKS", IntegerRounding::kRuyInBlocks},
                              {"FRACTION", IntegerRounding::kFraction}});
  bind_enum<BinaryFunction>(m, "BinaryFunction",
                            {{"ADD", BinaryFunction::kAdd},
                             {"SUB", BinaryFunction::kSub},
                             {"MUL", BinaryFunction::kMul},
                             {"DIV", BinaryFunction::kDiv},
                             {"MAXIMUM", BinaryFunction::kMaximum},
                             {"MINIMUM", BinaryFunction::kMinimum},
                             {"SQUARED_DIFFERENCE", BinaryFunction::kSquaredDifference},
                             {"PRELU", BinaryFunction::kPrelu},
                             {"EQUAL", BinaryFunction::kEqual},
                             {"NOT_EQUAL", BinaryFunction::kNotEqual},
                             {"LESS", BinaryFunction::kLess},
                             {"LESS_EQUAL", BinaryFunction::kLessEqual},
                             {"GREATER", BinaryFunction::kGreater},
                             {"GREATER_EQUAL", BinaryFunction::kGreaterEqual},
                             {"POWER", BinaryFunction::kPower},
                             {"POWER_OF_ONE", BinaryFunction::kPowerOfOne},
                             {"FLOOR_DIV", BinaryFunction::kFloorDiv},
                             {"FLOOR_MOD", BinaryFunction::kFloorMod},
                             {"ATAN2", BinaryFunction::kAtan2}});
  bind_enum<IntegerFunction>(m, "IntegerFunction",
                             {{"NEGATE", IntegerFunction::kNegate},
                              {"ABSOLUTE", IntegerFunction::kAbsolute},
                              {"SIGN", IntegerFunction::kSign},
                              {"NOT", IntegerFunction::kNot}});
  bind_enum<UnaryFunction>(m, "UnaryFunction",
                           {{"ABS", UnaryFunction::kAbs},
                            {"NEGATE", UnaryFunction::kNegate},
                            {"ZERO_MINUS", UnaryFunction::kZeroMinus},
                            {"SQUARE", UnaryFunction::kSquare},
                            {"SQUARE_ROOT", UnaryFunction::kSquareRoot},
                            {"RECIPROCAL_ROOT", UnaryFunction::kReciprocalRoot},
                            {"FLOOR", UnaryFunction::kFloor},
                            {"CEIL", UnaryFunction::kCeil},
                            {"ROUND", UnaryFunction::kRound},
                            {"ROUND_BY_FLOOR", UnaryFunction::kRoundByFloor},
                            {"SIGN", UnaryFunction::kSign},
                            {"CLAMP", UnaryFunction::kClamp},
                            {"LEAKY_RELU", UnaryFunction::kLeakyRelu},
                            {"LEAKY_RELU_BELOW", UnaryFunction::kLeakyReluBelow},
                            {"LEAKY_RELU_BY_SIGN", UnaryFunction::kLeakyReluBySign},
                            {"HARD_SWISH", UnaryFunction::kHardSwish},
                            {"HARD_SWISH_BY_SIXTH", UnaryFunction::kHardSwishBySixth},
                            {"HARD_SWISH_SIXTH_FIRST", UnaryFunction::kHardSwishSixthFirst},
                            {"HARD_SWISH_FUSED", UnaryFunction::kHardSwishFused},
                            {"RATIONAL_EXP", UnaryFunction::kRationalExp},
                            {"RATIONAL_LOG", UnaryFunction::kRationalLog},
                            {"RATIONAL_LOG_FINITE", UnaryFunction::kRationalLogFinite},
                            {"RATIONAL_TANH", UnaryFunction::kRationalTanh},
                            {"RATIONAL_SIN", UnaryFunction::kRationalSin},
                            {"RATIONAL_COS", UnaryFunction::kRationalCos},
                            {"RATIONAL_GELU", UnaryFunction::kRationalGelu},
                            {"RATIONAL_GELU_TANH", UnaryFunction::kRationalGeluTanh},
                            {"LOGISTIC_OF_SIXTEEN", UnaryFunction::kLogisticOfSixteen},
                            {"LOGISTIC_OF_EIGHT", UnaryFunction::kLogisticOfEight},
                            {"ELU_OF_SIXTEEN", UnaryFunction::kEluOfSixteen},
                            {"ELU_OF_EIGHT", UnaryFunction::kEluOfEight},
                            {"ESTIMATED_ROOT", UnaryFunction::kEstimatedRoot},
                            {"ESTIMATED_RECIPROCAL_ROOT", UnaryFunction::kEstimatedReciprocalRoot},
                            {"PLAIN_TANH", UnaryFunction::kPlainTanh},
                            {"LOGISTIC_BY_SQUARE", UnaryFunction::kLogisticBySquare},
                            {"PLAIN_GELU", UnaryFunction::kPlainGelu},
                            {"PLAIN_GELU_OF_ONE", UnaryFunction::kPlainGeluOfOne},
                            {"PLAIN_GELU_TANH", UnaryFunction::kPlainGeluTanh},
                            {"EXP", UnaryFunction::kExp},
                            {"LOG", UnaryFunction::kLog},
                            {"TANH", UnaryFunction::kTanh},
                            {"SIN", UnaryFunction::kSin},
                            {"COS", UnaryFunction::kCos},
                            {"LOGISTIC", UnaryFunction::kLogistic},
                            {"LOGISTIC_OF_ONE", UnaryFunction::kLogisticOfOne},
                            {"ELU", UnaryFunction::kElu}});
  bind_enum<PoolFunction>(m, "PoolFunction",
                          {{"AVERAGE", PoolFunction::kAverage},
                           {"AVERAGE_OF_NINES", PoolFunction::kAverageOfNines},
                           {"MAXIMUM", PoolFunction::kMaximum},
                           {"ROOT", PoolFunction::kRoot},
                           {"ROOT_BY_INVERSE", PoolFunction::kRootByInverse}});
  bind_enum<BlendKind>(m, "BlendKind",
                       {{"ACROSS_FIRST", BlendKind::kAcrossFirst},
                        {"ONE_BY_ONE", BlendKind::kOneByOne},
                        {"WEIGHTS_ONCE", BlendKind::kWeightsOnce},
                        {"MEANS", BlendKind::kMeans}});
  bind_enum<RowFunction>(m, "RowFunction",
                         {{"SOFTMAX_OF_SIXTEEN", RowFunction::kSoftmaxOfSixteen},
                          {"SOFTMAX_OF_EIGHT", RowFunction::kSoftmaxOfEight},
                          {"SOFTMAX", RowFunction::kSoftmax},
                          {"LOG_SOFTMAX", RowFunction::kLogSoftmax},
                          {"L2_NORMALIZATION", RowFunction::kL2Normalization}});
  bind_enum<ReductionFunction>(m, "ReductionFunction",
                               {{"SUM", ReductionFunction::kSum},
                                {"PRODUCT", ReductionFunction::kProduct},
                                {"MAXIMUM", ReductionFunction::kMaximum},
                                {"MINIMUM", ReductionFunction::kMinimum}});
  bind_enum<SumOrder>(m, "SumOrder",
                      {{"IN_ORDER", SumOrder::kInOrder},
                       {"SIXTEEN", SumOrder::kSixteen},
                       {"EIGHT", SumOrder::kEight}});
  bind_enum<MeanKind>(m, "MeanKind",
                      {{"FIXED_POINT", MeanKind::kFixedPoint},
                       {"BLOCKS", MeanKind::kBlocks},
                       {"FLOAT", MeanKind::kFloat},
                       {"ROUNDED", MeanKind::kRounded}});
  bind_enum<Reduction>(m, "Reduction",
                       {{"SUM", Reduction::kSum},
                        {"PRODUCT", Reduction::kProduct},
                        {"MAXIMUM", Reduction::kMaximum},
                        {"MINIMUM", Reduction::kMinimum},
                        {"MEAN", Reduction::kMean}});
  bind_enum<FixedBinaryKind>(m, "FixedBinaryKind",
                             {{"SUM", FixedBinaryKind::kSum},
                              {"SUM_FLOOR", FixedBinaryKind::kSumFloor},
                              {"SUM_MERGED", FixedBinaryKind::kSumMerged},
                              {"PRODUCT", FixedBinaryKind::kProduct},
                              {"PRODUCT_SATURATED", FixedBinaryKind::kProductSaturated},
                              {"PRODUCT_WRAPPED", FixedBinaryKind::kProductWrapped},
                              {"SQUARED_DIFFERENCE", FixedBinaryKind::kSquaredDifference},
                              {"PRELU", FixedBinaryKind::kPrelu},
                              {"LESS", FixedBinaryKind::kLess},
                              {"EQUAL", FixedBinaryKind::kEqual},
                              {"MAXIMUM", FixedBinaryKind::kMaximum},
                              {"MINIMUM", FixedBinaryKind::kMinimum},
                              {"QUOTIENT", FixedBinaryKind::kQuotient}});
  bind_enum<ResizeKind>(m, "ResizeKind",
                        {{"HALF_AWAY", ResizeKind::kHalfAway},
                         {"HALF_UP", ResizeKind::kHalfUp},
                         {"FLOAT", ResizeKind::kFloat},
                         {"FLOAT_WEIGHTS_ONCE", ResizeKind::kFloatWeightsOnce}});
  bind_enum<TensorRef::Place>(m, "Place",
                              {{"INPUT", TensorRef::Place::kInput},
                               {"OUTPUT", TensorRef::Place::kOutput},
                               {"ARENA", TensorRef::Place::kArena},
                               {"CONSTANT", TensorRef::Place::kConstant}});
}

}  // namespace intlite
