#include "voice/echo_residue.h"

#include <algorithm>

namespace farline::voice {
namespace {

constexpr size_t kTaps = 5;  // around the estimated echo, 2 samples each way
constexpr size_t kWindow = 2 * kUnitSamples - kTaps + 1;
constexpr double kFloor = 1;  // power of the rounding; keeps silence solvable

// In place, by Gaussian elimination: `rows` is symmetric and positive definite, its last column the right-hand side.
// The part of the right-hand side's power that the solution explains.
double explained_power(std::array<std::array<double, kTaps + 1>, kTaps>& rows) {
  double explained = 0;
  for (size_t pivot = 0; pivot < kTaps; ++pivot) {
    explained += rows[pivot][kTaps] * rows[pivot][kTaps] / rows[pivot][pivot];
    for (size_t row = pivot + 1; row < kTaps; ++row) {
      const double factor = rows[row][pivot] / rows[pivot][pivot];
      for (size_t column = pivot; column <= kTaps; ++column) rows[row][column] -= factor * rows[pivot][column];
    }
  }
  return explained;
}

}  // namespace

double EchoResidue::unexplained_power(std::span<const int16_t, kUnitSamples> echo,
                                      std::span<const int16_t, kUnitSamples> left) {
  std::shift_left(echo_.begin(), echo_.end(), kUnitSamples);
  std::shift_left(left_.begin(), left_.end(), kUnitSamples);
  std::ranges::copy(echo, echo_.end() - kUnitSamples);
  std::ranges::copy(left, left_.end() - kUnitSamples);
  const auto product = [](const double* a, const double* b) {
    double sum = 0;
    for (size_t i = 0; i < kWindow; ++i) sum += a[i] * b[i];
    return sum;
  };
  const double* middle = &left_[kTaps / 2];
  std::array<std::array<double, kTaps + 1>, kTaps> rows{};
  for (size_t row = 0; row < kTaps; ++row) {
    for (size_t column = 0; column < kTaps; ++column) rows[row][column] = product(&echo_[row], &echo_[column]);
    rows[row][row] += kFloor * static_cast<double>(kWindow);
    rows[row][kTaps] = product(&echo_[row], middle);
  }
  return std::max(product(middle, middle) - explained_power(rows), 0.0) / static_cast<double>(kWindow);
}

}  // namespace farline::voice
